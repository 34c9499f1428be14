-- api.analytics_positions_attribution(): what `GET analytics/positions/attribution` answers: who made the P&L of a session
--   pnl                     daily_pnl of the lot, what it was closed at and the settlement of an option that expired the session before included
--   pnl_percent             of what the lot was worth before: |value - pnl|; on the day of its entry of what it cost
--   contribution_percent    pnl over that of the portfolio; all lots make 1
--   contribution_to_return  pnl over NAV before the session with what was paid in and out at its open; all lots make the portfolio's daily_return
-- A lot with several tags stands in the group of each, so that groups by tag may add up to more than the total.
create or replace function api.analytics_positions_attribution(
    p_portfolio_id uuid default null, p_group_by text default 'position'
)
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    seen record;
    snapshot record;
    missing text;
begin
    if found_id is null then
        return null;
    end if;
    select v.run_id, v.market_session_no, v.market_date into seen from ops.visible_run() as v;
    select s.daily_pnl, s.daily_return into snapshot from marts.portfolio_daily_snapshots as s
    where s.portfolio_id = found_id and s.session_no = seen.market_session_no;
    if not found then
        missing := api.unavailable_reason(found_id);
    end if;
    return json_build_object(
        'portfolio_id', found_id,
        'date', seen.market_date,
        'group_by', p_group_by,
        'total_pl', snapshot.daily_pnl,
        'daily_return', snapshot.daily_return,
        'positions', case when p_group_by = 'position' then (
            select
                coalesce(
                    json_agg(
                        json_build_object(
                            'id', a.position_id, 'ticker', a.symbol, 'position_type', a.position_type, 'tags', a.tags,
                            'pnl', a.pnl, 'pnl_percent', a.pnl / nullif(a.value_before, 0),
                            'contribution_percent', a.contribution_percent,
                            'contribution_to_return', a.contribution_to_return
                        )
                        order by abs(a.pnl) desc nulls last, a.symbol, a.position_id
                    ),
                    json_build_array()
                )
            from api.attribution(found_id) as a
        ) end,
        'groups', case when p_group_by <> 'position' then api.attribution_groups(found_id, p_group_by) end,
        'by_type', (
            select
                coalesce(
                    json_object_agg(
                        t.position_type,
                        json_build_object('pnl', t.pnl, 'contribution_percent', t.contribution_percent)
                        order by t.position_type
                    ),
                    json_build_object()
                )
            from (
                select
                    a.position_type,
                    sum(a.pnl) as pnl,
                    sum(a.contribution_percent) as contribution_percent
                from api.attribution(found_id) as a
                group by a.position_type
            ) as t
        ),
        'status', case when missing is null then 'ok' else 'unavailable' end,
        'reason', missing,
        'as_of', seen.market_date,
        'run_id', seen.run_id,
        'data_quality', api.data_quality(found_id)
    );
end
$$;

-- one row per lot that had a P&L to make in the session that is shown
create or replace function api.attribution(p_portfolio_id uuid)
returns table (
    position_id uuid, symbol text, position_type text, tags text[], pnl double precision, value_before double precision,
    contribution_percent double precision, contribution_to_return double precision
)
language plpgsql stable
as $$
begin
    return query
        select
            p.position_id,
            p.symbol,
            p.position_type,
            p.tags,
            p.daily_pnl,
            -- what settled or was closed has no market value any more: what it brought counts
            abs(
                case
                    when p.is_expired then p.quantity * case when p.underlying_symbol is null then 1 else 100 end * p.mark
                    else p.market_value
                end
                + coalesce(sold.proceeds, 0) - p.daily_pnl
            ),
            p.daily_pnl / nullif(s.daily_pnl, 0),
            case when s.daily_return is not null then p.daily_pnl / (s.nav - s.daily_pnl) end
        from marts.positions as p
        cross join ops.visible_run() as v
        inner join marts.portfolio_daily_snapshots as s
            on p.portfolio_id = s.portfolio_id and v.market_session_no = s.session_no
        left join lateral (
            select sum(e.proceeds) as proceeds from marts.position_exits as e
            where e.position_id = p.position_id and e.session_no = v.market_session_no
        ) as sold on p.exit_date is not null
        where p.portfolio_id = p_portfolio_id and s.portfolio_id = p_portfolio_id
            and (p.is_open or p.daily_pnl <> 0);
end
$$;

-- an array of the groups of p_group_by (type, tag), the largest P&L first; the key of lots without a tag is null
create or replace function api.attribution_groups(p_portfolio_id uuid, p_group_by text) returns json
language plpgsql stable
as $$
begin
    return (
        select
            coalesce(
                json_agg(
                    json_build_object(
                        'key', g.key, 'count', g.lots, 'pnl', g.pnl, 'contribution_percent', g.contribution_percent,
                        'contribution_to_return', g.contribution_to_return
                    )
                    order by abs(g.pnl) desc nulls last, g.key
                ),
                json_build_array()
            )
        from (
            select
                k.key,
                count(*) as lots,
                sum(a.pnl) as pnl,
                sum(a.contribution_percent) as contribution_percent,
                sum(a.contribution_to_return) as contribution_to_return
            from api.attribution(p_portfolio_id) as a
            cross join lateral (
                select a.position_type as key where p_group_by = 'type'
                union all
                select unnest(case when a.tags = '{}' then array[null] else a.tags end) where p_group_by = 'tag'
            ) as k
            group by k.key
        ) as g
    );
end
$$;

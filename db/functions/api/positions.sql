-- api.positions(): what `GET positions` answers: lots with value, P&L, Greeks and tags, as one list in pages or in groups
--   p_group_by  type | tag | strategy | sector | underlying; null: one list. A lot with several tags stands in each of their groups
--   p_limit     most lots of a page, or of each group; summaries are always of everything that is asked for
-- The other parameters: api.position_rows. The plan does not depend on them, so it is made once.
create or replace function api.positions(
    p_portfolio_id uuid, p_group_by text, p_type text[], p_symbol text[], p_tags text[], p_tag_mode text,
    p_include_expired boolean, p_sort text, p_order text, p_limit integer, p_after text
) returns json
language plpgsql stable
set plan_cache_mode = force_generic_plan
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    gap text := api.unavailable_reason(found_id);
begin
    if found_id is null then
        return null;
    end if;
    return api.answer((
        with lots as materialized (
            select rows.*
            from api.position_rows(
                case when gap is null then found_id end, p_type, p_symbol, p_tags, p_tag_mode, p_include_expired,
                p_sort, p_order, p_after, case when p_group_by is null then p_limit end
            ) as rows
        ),

        -- one row per group and lot in it; in the group of everything each lot stands once, and a nothing, so that it is there
        members as (
            select true as is_total, null::text as key, lots.*
            from (values (1)) as everything (n) left join lots on true
            union all
            select false, keys.key, lots.*
            from lots
            cross join lateral unnest(case p_group_by
                when 'type' then array[lots.position_type]
                when 'sector' then array[lots.sector]
                when 'underlying' then array[lots.risk_symbol]
                when 'tag' then coalesce(lots.tag_names, array[null::text])
                when 'strategy' then coalesce(nullif(array(
                    select names.name from unnest(lots.tag_names) as names (name) where api.is_strategy(names.name)
                ), '{}'), array[null::text])
            end) as keys (key)
        ),

        summed as (
            select
                listed.is_total,
                listed.key,
                count(listed.position_id) as lot_count,
                json_build_object(
                    'total_positions', count(listed.position_id),
                    'gross_exposure', coalesce(sum(listed.notional_exposure), 0),
                    'net_exposure', coalesce(sum(listed.market_value), 0),
                    'market_value', coalesce(sum(listed.market_value), 0),
                    'delta_adjusted_exposure', coalesce(sum(listed.delta_adjusted_exposure), 0),
                    'unrealized_pnl', coalesce(sum(listed.unrealized_pnl), 0),
                    'daily_pnl', coalesce(sum(listed.daily_pnl), 0),
                    'greeks', json_build_object(
                        'delta', coalesce(sum(listed.delta), 0),
                        'gamma', coalesce(sum(listed.gamma), 0),
                        'theta', coalesce(sum(listed.theta), 0),
                        'vega', coalesce(sum(listed.vega), 0)
                    )
                ) as summary,
                coalesce(
                    json_agg(listed.document) filter (
                        where listed.document is not null
                            and listed.is_total = (p_group_by is null)
                            and (listed.is_total or listed.row_no <= least(p_limit, most.lots))
                    ), '[]'
                ) as documents
            -- in the order of the rows, in which sums come out the same to the last bit
            from (
                select
                    members.*,
                    row_number() over (partition by members.is_total, members.key order by members.place_no) as row_no
                from members
            ) as listed
            -- a lot with many tags stands in many groups: there is an end to how often all of them are written out
            cross join (select 10000 / greatest(1, count(distinct members.key)) as lots from members) as most
            group by listed.is_total, listed.key
        )

        select case
            when p_group_by is null then json_build_object(
                'portfolio_id', found_id,
                'positions', total.documents,
                'summary', total.summary,
                'page', json_build_object(
                    'limit', p_limit,
                    'next', (
                        select api.cursor(p_sort, p_order, last.number, last.letters, last.position_id)
                        from lots as last
                        where last.place_no = p_limit and exists (select from lots where lots.place_no = p_limit + 1)
                    )
                ),
                'status', case when gap is null then 'ok' else 'unavailable' end,
                'reason', gap
            )
            else json_build_object(
                'portfolio_id', found_id,
                'group_by', p_group_by,
                'groups', (
                    select coalesce(json_agg(
                        json_build_object(
                            'key', summed.key,
                            'label', coalesce(types.label, summed.key, case p_group_by
                                when 'tag' then 'Untagged' when 'strategy' then 'No strategy' else 'Unknown'
                            end),
                            'count', summed.lot_count,
                            'summary', summed.summary,
                            'positions', summed.documents
                        )
                        order by types.group_no, lower(summed.key) nulls last, summed.key
                    ), '[]')
                    from summed
                    left join (
                        values
                        ('LONG', 'Long', 1), ('SHORT', 'Short', 2), ('LC', 'Long Call', 3),
                        ('LP', 'Long Put', 4), ('SC', 'Short Call', 5), ('SP', 'Short Put', 6)
                    ) as types (position_type, label, group_no)
                        on p_group_by = 'type' and summed.key = types.position_type
                    where not summed.is_total
                ),
                'summary', total.summary,
                'status', case when gap is null then 'ok' else 'unavailable' end,
                'reason', gap
            )
        end
        from summed as total
        where total.is_total
    ), found_id);
end
$$;

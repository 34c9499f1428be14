-- api.position_groups(): what `GET positions?group_by=…` answers in `data`: a portfolio's lots in groups
--   p_gap   why there is nothing to show; null: there is
--   p_limit most lots of each group that are written out; summaries are always of all of them
-- The other parameters: api.positions and api.position_rows.
create or replace function api.position_groups(
    p_portfolio_id uuid, p_gap text, p_group_by text, p_type text[], p_symbol text[], p_tags text[], p_tag_mode text,
    p_include_expired boolean, p_sort text, p_order text, p_limit integer, p_after text
) returns json
language plpgsql stable
as $$
begin
    return (
        with lots as materialized (
            select rows.*
            from api.position_rows(
                case when p_gap is null then p_portfolio_id end, p_type, p_symbol, p_tags, p_tag_mode, p_include_expired,
                p_sort, p_order, p_after, null
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
                api.positions_summary(
                    count(listed.position_id),
                    sum(listed.notional_exposure), sum(listed.market_value), sum(listed.delta_adjusted_exposure),
                    sum(listed.unrealized_pnl), sum(listed.daily_pnl),
                    sum(listed.delta), sum(listed.gamma), sum(listed.theta), sum(listed.vega)
                ) as summary,
                coalesce(
                    json_agg(listed.document) filter (
                        where listed.document is not null
                            and not listed.is_total
                            and listed.rank_in_group <= least(p_limit, most.lots)
                    ), '[]'
                ) as documents
            -- in the order of the rows, in which sums come out the same to the last bit
            from (
                select
                    members.*,
                    row_number() over (partition by members.is_total, members.key order by members.row_no) as rank_in_group
                from members
            ) as listed
            -- a lot with many tags stands in many groups: there is an end to how often all of them are written out
            cross join (select 10000 / greatest(1, count(distinct members.key)) as lots from members) as most
            group by listed.is_total, listed.key
        )

        select json_build_object(
            'portfolio_id', p_portfolio_id,
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
            'status', case when p_gap is null then 'ok' else 'unavailable' end,
            'reason', p_gap
        )
        from summed as total
        where total.is_total
    );
end
$$;

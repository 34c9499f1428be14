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
    if p_group_by is null then
        return api.answer((
            select json_build_object(
                'portfolio_id', found_id,
                'positions', coalesce(json_agg(lots.document) filter (where lots.place_no between 1 and p_limit), '[]'),
                'summary', api.positions_summary(
                    count(*), sum(lots.notional_exposure), sum(lots.market_value), sum(lots.delta_adjusted_exposure),
                    sum(lots.unrealized_pnl), sum(lots.daily_pnl),
                    sum(lots.delta), sum(lots.gamma), sum(lots.theta), sum(lots.vega)
                ),
                'page', json_build_object(
                    'limit', p_limit,
                    -- after the last lot of this page, if there is one more
                    'next', case when bool_or(lots.place_no > p_limit) then api.cursor(
                        p_sort, p_order,
                        max(lots.number) filter (where lots.place_no = p_limit),
                        max(lots.letters) filter (where lots.place_no = p_limit),
                        (array_agg(lots.position_id) filter (where lots.place_no = p_limit))[1]
                    ) end
                ),
                'status', case when gap is null then 'ok' else 'unavailable' end,
                'reason', gap
            )
            -- in the order of the rows, in which sums come out the same to the last bit
            from (
                select rows.*
                from api.position_rows(
                    case when gap is null then found_id end, p_type, p_symbol, p_tags, p_tag_mode, p_include_expired,
                    p_sort, p_order, p_after, p_limit
                ) as rows
                order by rows.row_no
            ) as lots
        ), found_id);
    end if;
    return api.answer(api.position_groups(
        found_id, gap, p_group_by, p_type, p_symbol, p_tags, p_tag_mode, p_include_expired, p_sort, p_order, p_limit, p_after
    ), found_id);
end
$$;

-- api.risk_in_depth_answer(): the answer about risk in depth of a portfolio, and what every one of them says first: as_of, portfolio_id,
--   available, status, reason
--   p_rows     the rows of the mart that are shown, each with status and reason: the answer is ok where all are, unavailable where none is
--   p_figures  what the route shows
create or replace function api.risk_in_depth_answer(p_portfolio_id uuid, p_rows jsonb, p_figures json) returns json
language sql stable
as $$
    with grade as (
        select
            bool_and(shown.status = 'ok') as are_ok,
            bool_or(shown.status <> 'unavailable') as is_available,
            min(shown.reason) filter (where shown.status <> 'ok') as reason
        from jsonb_to_recordset(p_rows) as shown (status text, reason text)
    ),
    opening as (
        select json_build_object(
            'as_of', (select v.market_date from ops.visible_run() as v),
            'portfolio_id', p_portfolio_id,
            'available', coalesce(grade.is_available, false),
            'status', case when grade.are_ok then 'ok' when grade.is_available then 'partial' else 'unavailable' end,
            'reason', case when grade.are_ok then null else coalesce(
                grade.reason, api.engine_reason('risk_in_depth', p_portfolio_id, true), 'no position is held'
            ) end
        ) as told
        from grade
    )
    select api.answer((
        select json_object_agg(part.key, part.value order by part.is_figure, part.place)
        from (
            select false as is_figure, first.* from opening, json_each(opening.told) with ordinality as first (key, value, place)
            union all
            select true, later.* from json_each(p_figures) with ordinality as later (key, value, place)
        ) as part
    ), p_portfolio_id)
$$;

-- what a row of these marts shows: not what the answer says already
create or replace function api.shown_figures(p_row jsonb) returns jsonb
language sql immutable parallel safe
return p_row - array['portfolio_id', 'view', 'session_no', 'session_date', 'is_simulated', 'run_id'];

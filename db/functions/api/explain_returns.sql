-- api.explain_returns(): {"returns": one row per session of the window, with the return of the view or null}, {"held": how many lots
--   the view holds at the session, one row}
create or replace function api.explain_returns(
    p_portfolio_id uuid, p_view text, p_session_no integer, p_sessions integer
) returns json
language plpgsql stable
as $$
begin
    return json_build_object('returns', (
        select coalesce(json_agg(json_build_object(
            'session_date', d.session_date, 'daily_pnl', d.daily_pnl, 'daily_return', d.daily_return
        ) order by d.session_no), '[]')
        from ops.visible_run() as v
        join published.portfolio_daily_views as d
            on d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
        where d.portfolio_id = p_portfolio_id and d.view_name = p_view
            and d.session_no between p_session_no - p_sessions + 1 and p_session_no
    ), 'held', (
        select coalesce(json_agg(json_build_object('position_count', d.position_count)), '[]')
        from ops.visible_run() as v
        join published.portfolio_daily_views as d
            on d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
        where d.portfolio_id = p_portfolio_id and d.view_name = p_view and d.session_no = p_session_no
    ));
end
$$;

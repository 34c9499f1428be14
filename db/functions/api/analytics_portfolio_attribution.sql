-- api.analytics_portfolio_attribution(): what `GET analytics/portfolio/{id}/attribution` answers: who or what earned the P&L of a period
--   the groups sum to pnl, largest first
create or replace function api.analytics_portfolio_attribution(
    p_portfolio_id uuid, p_period text default '1m', p_group_by text default 'position'
) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    missing text;
    answer json;
begin
    if found_id is null then
        return null;
    end if;
    missing := api.engine_reason('performance', found_id, true);
    if missing is null then
        select json_build_object(
            'portfolio_id', found_id, 'period', p_period, 'group_by', p_group_by,
            'available', true,
            'status', coalesce(max(a.status), 'ok'),
            'reason', max(a.reason),
            'start_date', min(a.start_date),
            'pnl', max(a.period_pnl),
            'sessions', max(a.session_count),
            'n_obs', max(a.n_obs),
            'groups', coalesce(
                json_agg(
                    json_build_object(
                        'key', a.group_key, 'name', a.group_name, 'pnl', a.pnl, 'contribution_to_return', a.contribution,
                        'contribution_percent', a.pnl / nullif(a.period_pnl, 0)
                    )
                    order by a.pnl desc, a.group_key
                ),
                json_build_array()
            )
        )
        into answer
        from marts.portfolio_pnl_attribution as a
        where a.portfolio_id = found_id and a.period = p_period and a.group_kind = p_group_by;
    else
        answer := json_build_object(
            'portfolio_id', found_id, 'period', p_period, 'group_by', p_group_by,
            'available', false, 'status', 'unavailable', 'reason', missing, 'start_date', null, 'pnl', null,
            'sessions', null, 'n_obs', 0, 'groups', json_build_array()
        );
    end if;
    return api.answer(answer, found_id);
end
$$;

-- api.analytics_portfolio_monthly_returns(): what `GET analytics/portfolio/{id}/monthly-returns` answers: a view month by month
create or replace function api.analytics_portfolio_monthly_returns(p_portfolio_id uuid, p_view text default 'portfolio')
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    missing text;
begin
    if found_id is null then
        return null;
    end if;
    missing := api.engine_reason('performance', found_id, true);
    return api.answer(
        json_build_object(
            'portfolio_id', found_id,
            'view', p_view,
            'available', missing is null,
            'status', case when missing is null then 'ok' else 'unavailable' end,
            'reason', missing,
            'months', case when missing is not null then json_build_array() else (
                select coalesce(
                    json_agg(
                        json_build_object(
                            'year', extract(year from m.month_start)::integer,
                            'month', extract(month from m.month_start)::integer,
                            'return', m.monthly_return, 'pnl', m.pnl, 'sessions', m.session_count, 'n_obs', m.n_obs,
                            'status', m.status, 'reason', m.reason
                        )
                        order by m.month_start
                    ),
                    json_build_array()
                )
                from marts.portfolio_monthly_returns as m where m.portfolio_id = found_id and m.view = p_view
            ) end
        ),
        found_id
    );
end
$$;

-- api.portfolio_flows(): what `GET portfolio/flows` answers: what was paid in and out, oldest first; null (404) where there is no such portfolio
create or replace function api.portfolio_flows(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
begin
    if found_id is null then
        return null;
    end if;
    return api.answer((
        select json_build_object(
            'portfolio_id', found_id,
            'equity_balance', (
                select portfolios.equity_balance from marts.portfolios as portfolios where portfolios.portfolio_id = found_id
            ),
            'job_id', api.unfinished_job(found_id),
            'net_contributions', coalesce(sum(flows.amount), 0)::float8,
            'flows', coalesce(json_agg(
                json_build_object(
                    'id', flows.flow_id, 'flow_date', flows.flow_date, 'amount', flows.amount::float8, 'kind', flows.kind,
                    'note', flows.note, 'created_at', flows.created_at
                ) order by flows.flow_date, flows.created_at, flows.flow_id
            ), '[]')
        )
        from app.equity_flows as flows where flows.portfolio_id = found_id
    ), found_id);
end
$$;

-- api.portfolio(): what `GET portfolio` answers
create or replace function api.portfolio(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
begin
    if found_id is null then
        return null;
    end if;
    return json_build_object('success', true, 'data', json_build_object('portfolio_id', found_id), 'meta', api.meta(found_id), 'errors', json_build_array());
end
$$;

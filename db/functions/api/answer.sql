-- api.answer(): the envelope of the API's answers, {success, data, meta, errors}
--   meta tells of the portfolio that the answer is about; null where nothing was published
create or replace function api.answer(p_data json, p_portfolio_id uuid) returns json
language plpgsql stable
as $$
begin
    return json_build_object('success', true, 'data', p_data, 'meta', api.meta(p_portfolio_id), 'errors', json_build_array());
end
$$;

-- api.exposure(): one exposure of a portfolio, {value, pct_nav, visual}
--   p_value in dollars, p_share of NAV; p_limit and p_target_range are shares of NAV too (see api.visual)
create or replace function api.exposure(
    p_value double precision, p_share double precision, p_limit double precision,
    p_target_range double precision[] default null
) returns json
language plpgsql immutable parallel safe
as $$
begin
    return json_build_object(
        'value', p_value,
        'pct_nav', p_share,
        'visual', api.visual(p_share, 'percent', p_limit, null, p_target_range)
    );
end
$$;

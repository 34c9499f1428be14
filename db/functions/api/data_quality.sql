-- api.data_quality(): how complete the prices behind a portfolio's figures are
--   coverage_pct is the mean coverage_90 of the symbols held, and of what their options stand on
create or replace function api.data_quality(p_portfolio_id uuid default null) returns json
language plpgsql stable
as $$
declare
    coverage double precision;
    stale text[];
    missing text[];
    found_partial boolean;
begin
    select
        coalesce(array_agg(distinct positions.symbol) filter (where positions.price_source in ('stale', 'last_known')), '{}'),
        coalesce(array_agg(distinct positions.symbol) filter (where positions.price_source = 'entry'), '{}'),
        coalesce(bool_or(positions.status <> 'ok'), false)
    into stale, missing, found_partial
    from marts.positions as positions
    where not positions.is_expired and (p_portfolio_id is null or positions.portfolio_id = p_portfolio_id);
    select avg(coverage_rows.coverage_90) into coverage
    from marts.data_coverage as coverage_rows
    where coverage_rows.symbol in (
        select unnest(array[positions.symbol, positions.underlying_symbol])
        from marts.positions as positions
        where not positions.is_expired and (p_portfolio_id is null or positions.portfolio_id = p_portfolio_id)
    );
    return json_build_object(
        'coverage_pct', coverage,
        'stale_symbols', stale,
        'missing_symbols', missing,
        'status', case when found_partial or coverage < 1 then 'partial' else 'ok' end
    );
end
$$;

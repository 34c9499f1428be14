-- api.data_quality(): how complete the prices behind a portfolio's figures are
--   of a portfolio at the market date it is published (portfolio_data_quality); of an earlier session, or of all that the reader may see, it is looked up
--   coverage_pct is the mean coverage_90 of the symbols held, and of what their options stand on
create or replace function api.data_quality(p_portfolio_id uuid default null) returns json
language plpgsql stable
as $$
declare
    -- an array, so that there is one good plan whether a portfolio is named or not
    wanted uuid[] := case
        when p_portfolio_id is null then array(select portfolios.portfolio_id from marts.portfolios as portfolios)
        else array[p_portfolio_id]
    end;
    published json;
begin
    if p_portfolio_id is not null then
        select json_build_object(
            'coverage_pct', quality.coverage_pct,
            'stale_symbols', quality.stale_symbols,
            'missing_symbols', quality.missing_symbols,
            'status', quality.status
        ) into published
        from marts.portfolio_data_quality as quality where quality.portfolio_id = p_portfolio_id;
        if found then
            return published;
        end if;
    end if;
    return (
        with held as materialized (
            select positions.symbol, positions.underlying_symbol, positions.price_source, positions.status
            from marts.positions as positions
            where positions.is_open and positions.portfolio_id = any(wanted)
        ),
        coverage as (
            select avg(coverage_rows.coverage_90) as mean
            from (
                select held.symbol from held
                union
                select held.underlying_symbol from held where held.underlying_symbol is not null
            ) as symbols
            inner join marts.data_coverage as coverage_rows on symbols.symbol = coverage_rows.symbol
        )
        select json_build_object(
            'coverage_pct', coverage.mean,
            'stale_symbols', marks.stale_symbols,
            'missing_symbols', marks.missing_symbols,
            'status', case when marks.is_partial or coverage.mean < 1 then 'partial' else 'ok' end
        )
        from coverage
        cross join (
            select
                coalesce(
                    array_agg(distinct held.symbol) filter (where held.price_source in ('stale', 'last_known')), '{}'
                ) as stale_symbols,
                coalesce(array_agg(distinct held.symbol) filter (where held.price_source = 'entry'), '{}') as missing_symbols,
                coalesce(bool_or(held.status <> 'ok'), false) as is_partial
            from held
        ) as marks
    );
end
$$;

-- api.risk_correlation_matrix(): what `GET risk/correlations/positions/matrix` and its other names answer: the correlation of each two
--   symbols that the view holds, over 90 sessions, whatever their lots
--   Left out are symbols that are too small (p_min_value, p_min_weight, p_mode) or have too few returns; excluded says which and why.
--   A pair with fewer than p_min_overlap common returns is null.
create or replace function api.risk_correlation_matrix(
    p_portfolio_id uuid default null, p_view text default 'portfolio', p_lookback_days integer default 90,
    p_min_overlap integer default 30, p_min_value double precision default 10000,
    p_min_weight double precision default 0.01, p_mode text default 'both'
)
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    missing text;
    f record;
    cells record;
begin
    if found_id is null then
        return null;
    end if;
    missing := api.correlations_missing(found_id, p_lookback_days);
    select figures.* into f
    from api.correlation_figures(found_id, p_view, p_min_value, p_min_weight, p_mode, p_min_overlap) as figures
    where missing is null;
    with held as materialized (
        select h.symbol from api.correlation_holdings(found_id, p_view, p_min_value, p_min_weight, p_mode) as h
        where missing is null and h.status <> 'unavailable'
    ),
    pairs as materialized (
        select c.symbol_a, c.symbol_b, case when c.n_obs >= p_min_overlap then c.correlation end as rho, c.n_obs
        from marts.correlation_pairs as c
        inner join held as a on a.symbol = c.symbol_a
        inner join held as b on b.symbol = c.symbol_b
        where c.portfolio_id = found_id
    ),
    cell as (
        select symbol_a as row_symbol, symbol_b as column_symbol, rho, n_obs from pairs
        union all
        select symbol_b, symbol_a, rho, n_obs from pairs
        union all
        select h.symbol, h.symbol, 1, h.n_obs from marts.correlation_holdings as h
        inner join held on held.symbol = h.symbol
        where h.portfolio_id = found_id and h.view = p_view
    ),
    one_row as (
        select row_symbol,
            json_object_agg(column_symbol, rho order by column_symbol collate "C") as rhos,
            json_object_agg(column_symbol, n_obs order by column_symbol collate "C") as counts
        from cell group by row_symbol
    )
    select coalesce(json_agg(row_symbol order by row_symbol collate "C"), json_build_array()) as symbols,
        coalesce(json_object_agg(row_symbol, rhos order by row_symbol collate "C"), json_build_object()) as rhos,
        coalesce(json_object_agg(row_symbol, counts order by row_symbol collate "C"), json_build_object()) as counts
    into cells from one_row;
    return api.answer(
        json_build_object(
            'as_of', (select v.market_date from ops.visible_run() as v),
            'portfolio_id', found_id,
            'view', p_view,
            'available', coalesce(f.n_pairs, 0) > 0,
            'status', case
                when coalesce(f.n_pairs, 0) = 0 then 'unavailable'
                when f.n_excluded + f.n_unknown > 0 or f.is_short then 'partial'
                else 'ok'
            end,
            'reason', case
                when missing is not null then missing
                when f.n_symbols < 2 then 'fewer than two holdings are large enough and have 20 returns that vary'
                when f.n_pairs = 0 then 'no pair has enough common returns'
                when f.n_excluded > 0 then 'holdings with fewer than 20 returns, or that do not vary, are left out'
                when f.n_unknown > 0 then 'pairs with fewer common returns than asked for are null'
                when f.is_short then 'a pair has fewer than 90 common returns'
            end,
            'lookback_days', p_lookback_days,
            'min_overlap', p_min_overlap,
            'filter', json_build_object('min_value', p_min_value, 'min_weight', p_min_weight, 'mode', p_mode),
            'average_correlation', f.average_correlation,
            'average_absolute_correlation', f.average_absolute_correlation,
            'n_pairs', coalesce(f.n_pairs, 0),
            'symbols', cells.symbols,
            'matrix', cells.rhos,
            'n_obs', cells.counts,
            'excluded', coalesce((
                select json_agg(
                    json_build_object(
                        'symbol', h.symbol,
                        'reason', case when h.status = 'unavailable' then h.reason else 'smaller than asked for' end
                    ) order by h.symbol collate "C"
                )
                from marts.correlation_holdings as h
                where missing is null and h.portfolio_id = found_id and h.view = p_view
                    and (h.status = 'unavailable' or not exists (
                        select from api.correlation_holdings(found_id, p_view, p_min_value, p_min_weight, p_mode) as kept
                        where kept.symbol = h.symbol
                    ))
            ), json_build_array())
        ),
        found_id
    );
end
$$;

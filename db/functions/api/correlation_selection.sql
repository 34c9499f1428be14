-- What the answers about correlations share.
-- api.correlation_holdings(): the symbols of a view that are large enough
--   mode both: in dollars and as a share of NAV; either: one of them; value_only, weight_only: that one
create or replace function api.correlation_holdings(
    p_portfolio_id uuid, p_view text, p_min_value double precision, p_min_weight double precision, p_mode text
)
returns table (
    symbol text, exposure double precision, volatility double precision, n_obs integer, cluster_no integer, status text
)
language plpgsql stable
as $$
#variable_conflict use_column
begin
    return query
    select h.symbol, h.exposure, h.volatility_90d_annualized, h.n_obs, h.cluster_no, h.status
    from marts.correlation_holdings as h
    where h.portfolio_id = p_portfolio_id and h.view = p_view
        and case p_mode
            when 'either' then abs(h.exposure) >= p_min_value or coalesce(abs(h.weight) >= p_min_weight, false)
            when 'value_only' then abs(h.exposure) >= p_min_value
            when 'weight_only' then abs(h.weight) >= p_min_weight
            else abs(h.exposure) >= p_min_value and abs(h.weight) >= p_min_weight
        end;
end
$$;

-- api.correlation_figures(): one row, the figures of marts.portfolio_correlations for the symbols that are large enough
create or replace function api.correlation_figures(
    p_portfolio_id uuid, p_view text, p_min_value double precision, p_min_weight double precision, p_mode text,
    p_min_overlap integer default 20
)
returns table (
    n_symbols integer, n_excluded integer, n_pairs integer, n_unknown integer, is_short boolean,
    average_correlation double precision, average_absolute_correlation double precision,
    effective_positions double precision, independent_positions double precision,
    diversification_ratio double precision, clustered_share double precision
)
language plpgsql stable
as $$
#variable_conflict use_column
begin
    return query
    with held as materialized (
        select h.symbol, h.exposure, h.volatility, h.n_obs, h.cluster_no,
            coalesce(h.volatility > 0, false) as takes_part
        from api.correlation_holdings(p_portfolio_id, p_view, p_min_value, p_min_weight, p_mode) as h
    ),
    pairs as materialized (
        select c.symbol_a, c.symbol_b, a.exposure as e_a, b.exposure as e_b, a.volatility as v_a, b.volatility as v_b, c.n_obs,
            case when c.n_obs >= p_min_overlap then c.correlation end as rho
        from marts.correlation_pairs as c
        inner join held as a on a.symbol = c.symbol_a and a.takes_part
        inner join held as b on b.symbol = c.symbol_b and b.takes_part
        where c.portfolio_id = p_portfolio_id
    ),
    -- sums in one order, so that an answer is the same to the last bit whatever the plan
    own as (
        select count(*) filter (where takes_part) as n_symbols,
            count(*) filter (where not takes_part) as n_excluded,
            coalesce(bool_or(n_obs < 90) filter (where takes_part), false) as is_short,
            sum(abs(exposure) order by symbol) as gross,
            sum(abs(exposure) order by symbol) filter (where cluster_no is not null) as clustered,
            sum(abs(exposure) order by symbol) filter (where takes_part) as covered,
            sum(exposure ^ 2 order by symbol) filter (where takes_part) as squares,
            sum(abs(exposure) * volatility order by symbol) filter (where takes_part) as undiversified,
            sum((exposure * volatility) ^ 2 order by symbol) filter (where takes_part) as variances
        from held
    ),
    crossed as (
        select count(rho) as n_pairs, count(*) - count(rho) as n_unknown,
            coalesce(bool_or(pairs.n_obs < 90), false) as is_short,
            sum(rho order by symbol_a, symbol_b) as total, sum(abs(rho) order by symbol_a, symbol_b) as absolute,
            coalesce(2 * sum(rho * e_a * e_b order by symbol_a, symbol_b), 0) as weighted,
            coalesce(2 * sum(rho * rho * abs(e_a * e_b) order by symbol_a, symbol_b), 0) as squared,
            coalesce(2 * sum(rho * e_a * v_a * e_b * v_b order by symbol_a, symbol_b), 0) as risk
        from pairs
    )
    select own.n_symbols::integer, own.n_excluded::integer, crossed.n_pairs::integer, crossed.n_unknown::integer,
        own.is_short or crossed.is_short,
        crossed.total / nullif(crossed.n_pairs, 0), crossed.absolute / nullif(crossed.n_pairs, 0),
        case when crossed.n_unknown = 0 then finance.effective_positions(own.covered, own.squares + crossed.weighted) end,
        case when crossed.n_unknown = 0 then finance.effective_positions(own.covered, own.squares + crossed.squared) end,
        case
            when crossed.n_unknown = 0
                then finance.diversification_ratio(own.undiversified, own.variances + crossed.risk)
        end,
        coalesce(own.clustered, 0) / nullif(own.gross, 0)
    from own cross join crossed;
end
$$;

-- one row per portfolio, view and symbol that it holds, whatever its lots, at the market date
select
    holdings.portfolio_id,
    holdings.view_name as view,
    v.market_date as session_date,
    holdings.session_no,
    securities.symbol,
    holdings.exposure,
    holdings.weight,
    finance.annualized_volatility(holdings.return_stddev) as volatility_90d_annualized,
    holdings.n_obs,
    holdings.cluster_no,
    holdings.correlation_to_cluster,
    case
        when holdings.return_stddev is null or holdings.return_stddev = 0 then 'unavailable'
        when holdings.n_obs < 90 then 'partial'
        else 'ok'
    end as status,
    case
        when holdings.return_stddev is null then 'fewer than 20 returns in the last 90 sessions'
        when holdings.return_stddev = 0 then 'the returns do not vary'
        when holdings.n_obs < 90 then 'fewer than 90 returns in the last 90 sessions'
    end as reason,
    v.is_simulated,
    holdings.run_id
from {{ ref('published_correlation_holdings') }} as holdings
inner join ops.visible_run() as v on {{ is_visible('holdings') }}
inner join {{ ref('stg_market__securities') }} as securities on holdings.symbol_id = securities.symbol_id
-- kept for the market date only
where holdings.session_no = v.market_session_no

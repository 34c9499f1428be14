-- one row per portfolio, as of the market date; of an earlier session there is none
select
    quality.portfolio_id,
    v.market_date as session_date,
    quality.coverage_pct,
    quality.stale_symbols,
    quality.missing_symbols,
    quality.status,
    quality.reason,
    v.is_simulated,
    quality.run_id
from {{ ref('published_portfolio_data_quality') }} as quality
inner join ops.visible_run() as v on {{ is_visible('quality') }}
where quality.session_no = v.market_session_no

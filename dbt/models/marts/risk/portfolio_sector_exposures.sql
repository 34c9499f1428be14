-- one row per portfolio and sector held, on the market date: long, short, gross and net exposure
select
    figures.portfolio_id,
    figures.session_no,
    figures.session_date,
    figures.sector,
    figures.is_assigned,
    figures.position_count,
    figures.long_exposure,
    figures.short_exposure,
    figures.gross_exposure,
    figures.net_exposure,
    figures.gross_share,
    figures.net_share,
    figures.status,
    figures.reason,
    v.is_simulated,
    figures.run_id
from {{ ref('published_portfolio_sector_exposures') }} as figures
inner join ops.visible_run() as v on {{ is_visible('figures') }}
where figures.session_no = v.market_session_no

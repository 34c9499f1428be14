-- one row per open lot, on the market date: how many sessions it takes to sell the whole holding of its symbol
select
    figures.position_id,
    figures.portfolio_id,
    figures.session_no,
    figures.session_date,
    figures.average_volume_20d,
    figures.n_obs,
    figures.participation_rate,
    figures.held_quantity,
    figures.days_to_liquidate,
    figures.share_of_volume,
    figures.status,
    figures.reason,
    v.is_simulated,
    figures.run_id
from {{ ref('published_position_liquidity') }} as figures
inner join ops.visible_run() as v on {{ is_visible('figures') }}
where figures.session_no = v.market_session_no

-- one row per lot and view that it belongs to, on the market date: its share of value at risk
select
    figures.position_id,
    figures.portfolio_id,
    figures.view_name as view,
    figures.session_no,
    figures.session_date,
    figures.delta_adjusted_exposure,
    figures.component_var_95_1d,
    figures.marginal_var_95_1d,
    figures.share_of_var,
    figures.standalone_var_95_1d,
    figures.status,
    figures.reason,
    v.is_simulated,
    figures.run_id
from {{ ref('published_position_risk_contributions') }} as figures
inner join ops.visible_run() as v on {{ is_visible('figures') }}
where figures.session_no = v.market_session_no

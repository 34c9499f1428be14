-- one row per portfolio, view, kind of group (tag, sector, factor) and group, on the market date: its share of value at risk
select
    figures.portfolio_id,
    figures.view_name as view,
    figures.session_no,
    figures.session_date,
    figures.group_by,
    figures.group_name,
    figures.is_rest,
    figures.position_count,
    figures.delta_adjusted_exposure,
    figures.component_var_95_1d,
    figures.divided_var_95_1d,
    figures.marginal_var_95_1d,
    figures.share_of_var,
    figures.status,
    figures.reason,
    v.is_simulated,
    figures.run_id
from {{ ref('published_portfolio_risk_contributions') }} as figures
inner join ops.visible_run() as v on {{ is_visible('figures') }}
where figures.session_no = v.market_session_no

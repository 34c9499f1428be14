-- one row per portfolio, view and scenario, as of the market date
select
    results.portfolio_id,
    results.view_name as view,
    results.scenario_id,
    results.session_date,
    results.session_no,
    results.direct_pnl,
    results.joint_pnl,
    results.direct_pnl_pct_nav,
    results.joint_pnl_pct_nav,
    results.direct_revaluation,
    results.joint_revaluation,
    results.direct_cap,
    results.joint_cap,
    case
        when coalesce(results.joint_pnl_pct_nav, results.direct_pnl_pct_nav) > 0 then 'positive'
        when coalesce(results.joint_pnl_pct_nav, results.direct_pnl_pct_nav) > -0.05 then 'mild'
        when coalesce(results.joint_pnl_pct_nav, results.direct_pnl_pct_nav) > -0.15 then 'moderate'
        when coalesce(results.joint_pnl_pct_nav, results.direct_pnl_pct_nav) > -0.35 then 'severe'
        when coalesce(results.joint_pnl_pct_nav, results.direct_pnl_pct_nav) is not null then 'extreme'
    end as severity,
    results.coverage,
    results.n_obs,
    results.status,
    results.reason,
    v.is_simulated,
    results.run_id
from {{ ref('published_portfolio_stress_results') }} as results
inner join ops.visible_run() as v on {{ is_visible('results') }}
where results.session_no = v.market_session_no

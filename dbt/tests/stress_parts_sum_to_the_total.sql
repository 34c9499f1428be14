-- the impacts of the factors and the cap sum to the P&L of the scenario, and so do the positions, which are capped one by one
with impacts as (

    select
        portfolio_id,
        view,
        scenario_id,
        sum(direct_impact) as direct_pnl,
        sum(joint_impact) as joint_pnl,
        coalesce(sum(abs(direct_impact)), 0) + coalesce(sum(abs(joint_impact)), 0) as gross
    from {{ ref('portfolio_stress_factor_impacts') }}
    where session_date = (select market_date from ops.visible_run())
    group by portfolio_id, view, scenario_id

),

positions as (

    select
        portfolio_id,
        scenario_id,
        sum(direct_pnl) as direct_pnl,
        sum(joint_pnl) as joint_pnl,
        coalesce(sum(abs(direct_pnl)), 0) + coalesce(sum(abs(joint_pnl)), 0) as gross
    from {{ ref('position_stress_results') }}
    group by portfolio_id, scenario_id

)

select
    results.portfolio_id,
    results.view,
    results.scenario_id,
    'factors' as parts
from {{ ref('portfolio_stress_results') }} as results
left join impacts
    on
        results.portfolio_id = impacts.portfolio_id
        and results.view = impacts.view
        and results.scenario_id = impacts.scenario_id
where
    results.direct_pnl is not null
    and not coalesce(
        abs(results.direct_pnl - impacts.direct_pnl) <= 1e-6 + 1e-9 * impacts.gross
        and (results.joint_pnl is null or abs(results.joint_pnl - impacts.joint_pnl) <= 1e-6 + 1e-9 * impacts.gross),
        false
    )
union all
select
    results.portfolio_id,
    results.view,
    results.scenario_id,
    'positions' as parts
from {{ ref('portfolio_stress_results') }} as results
left join positions
    on results.portfolio_id = positions.portfolio_id and results.scenario_id = positions.scenario_id
where
    results.view = 'portfolio'
    and results.direct_pnl is not null
    and not (
        abs(results.direct_pnl - coalesce(positions.direct_pnl, 0)) <= 1e-6 + 1e-9 * coalesce(positions.gross, 0)
        and (
            results.joint_pnl is null
            or abs(results.joint_pnl - coalesce(positions.joint_pnl, 0)) <= 1e-6 + 1e-9 * coalesce(positions.gross, 0)
        )
    )

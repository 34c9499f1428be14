-- the impacts of the factors and the cap sum to the P&L of the scenario, and so do the positions, which are capped one by one
--   Totals and parts are stacked and summed, not joined: a planner that expects one row of either would loop over all of the other.
with figures as (

    select
        results.portfolio_id,
        results.view,
        results.scenario_id,
        of_what.parts,
        true as is_total,
        results.direct_pnl,
        results.joint_pnl
    from {{ ref('portfolio_stress_results') }} as results
    inner join (values ('factors'), ('positions')) as of_what (parts)
        on of_what.parts = 'factors' or results.view = 'portfolio'
    union all
    select
        portfolio_id,
        view,
        scenario_id,
        'factors' as parts,
        false as is_total,
        direct_impact as direct_pnl,
        joint_impact as joint_pnl
    from {{ ref('portfolio_stress_factor_impacts') }}
    where session_date = (select market_date from ops.visible_run())
    union all
    select
        portfolio_id,
        'portfolio' as view,
        scenario_id,
        'positions' as parts,
        false as is_total,
        direct_pnl,
        joint_pnl
    from {{ ref('position_stress_results') }}

),

sums as (

    select
        portfolio_id,
        view,
        scenario_id,
        parts,
        max(direct_pnl) filter (where is_total) as direct_pnl,
        max(joint_pnl) filter (where is_total) as joint_pnl,
        sum(direct_pnl) filter (where not is_total) as direct_parts,
        sum(joint_pnl) filter (where not is_total) as joint_parts,
        1e-6
        + 1e-9 * coalesce(sum(abs(direct_pnl)) filter (where not is_total), 0)
        + 1e-9 * coalesce(sum(abs(joint_pnl)) filter (where not is_total), 0) as tolerance
    from figures
    group by portfolio_id, view, scenario_id, parts

)

select
    portfolio_id,
    view,
    scenario_id,
    parts
from sums
where
    direct_pnl is not null
    and (
        -- a book without lots has no positions to sum; factors there always are
        (parts = 'factors' and direct_parts is null)
        or abs(direct_pnl - coalesce(direct_parts, 0)) > tolerance
        or abs(joint_pnl - coalesce(joint_parts, 0)) > tolerance
    )

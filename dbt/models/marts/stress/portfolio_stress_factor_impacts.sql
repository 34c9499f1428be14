-- one row per portfolio, view, scenario and part of its P&L: each factor that it shocks, options revalued, and where losses stop
with visible as (

    select * from ops.visible_run()

),

factors as (

    select
        factor_no,
        factor_name
    from {{ ref('factors') }}
    union all
    select
        factor_no,
        factor_name
    from {{ ref('macro_factors') }}

),

results as (

    select
        results.*,
        v.is_simulated
    from {{ ref('published_portfolio_stress_results') }} as results
    inner join visible as v on {{ is_visible('results') }}
    where results.session_no = v.market_session_no

),

shocks as (

    select shocks.*
    from {{ ref('published_stress_shocks') }} as shocks
    inner join visible as v on {{ is_visible('shocks') }}
    where shocks.session_no = v.market_session_no and shocks.shock is not null

),

exposures as (

    select
        exposures.portfolio_id,
        exposures.view_name,
        exposures.factor_no,
        exposures.exposure_dollars
    from {{ ref('published_portfolio_factor_exposures') }} as exposures
    inner join visible as v on {{ is_visible('exposures') }}
    where exposures.session_no = v.market_session_no
    union all
    select
        exposures.portfolio_id,
        exposures.view_name,
        exposures.factor_no,
        exposures.exposure_dollars
    from {{ ref('published_portfolio_macro_exposures') }} as exposures
    inner join visible as v on {{ is_visible('exposures') }}
    where exposures.session_no = v.market_session_no

),

-- impact of a factor = its shock x the joint beta on it, of which each plain beta is a part
--   once: a planner that expects one row would sum them up again for each part
joint_impacts as materialized (

    select
        exposures.portfolio_id,
        exposures.view_name,
        of_factor.scenario_id,
        of_factor.factor_no,
        sum(exposures.exposure_dollars * of_factor.joint_weights[by_factor.place] order by by_factor.place)
            as joint_impact
    from shocks as of_factor
    inner join shocks as by_factor on of_factor.scenario_id = by_factor.scenario_id
    inner join exposures on by_factor.factor_no = exposures.factor_no
    group by exposures.portfolio_id, exposures.view_name, of_factor.scenario_id, of_factor.factor_no

),

parts as (

    select
        exposures.portfolio_id,
        exposures.view_name,
        shocks.scenario_id,
        'factor' as part,
        factors.factor_name,
        shocks.factor_no as display_order,
        exposures.exposure_dollars * shocks.shock as direct_impact,
        joint_impacts.joint_impact
    from exposures
    inner join shocks on exposures.factor_no = shocks.factor_no
    inner join factors on shocks.factor_no = factors.factor_no
    left join joint_impacts
        on
            exposures.portfolio_id = joint_impacts.portfolio_id
            and exposures.view_name = joint_impacts.view_name
            and shocks.scenario_id = joint_impacts.scenario_id
            and shocks.factor_no = joint_impacts.factor_no
    union all
    select
        results.portfolio_id,
        results.view_name,
        results.scenario_id,
        'revaluation',
        'Options revalued',
        99,
        results.direct_revaluation,
        results.joint_revaluation
    from results
    union all
    select
        results.portfolio_id,
        results.view_name,
        results.scenario_id,
        'cap',
        'Cap at -100 %',
        100,
        results.direct_cap,
        results.joint_cap
    from results

)

select
    parts.portfolio_id,
    parts.view_name as view,
    parts.scenario_id,
    parts.part,
    parts.factor_name,
    results.session_date,
    results.session_no,
    -- one part that is unknown makes the whole unknown
    case when results.direct_pnl is not null then parts.direct_impact end as direct_impact,
    case when results.joint_pnl is not null then parts.joint_impact end as joint_impact,
    results.status,
    results.reason,
    parts.display_order,
    results.is_simulated,
    results.run_id
from parts
inner join results
    on
        parts.portfolio_id = results.portfolio_id
        and parts.view_name = results.view_name
        and parts.scenario_id = results.scenario_id

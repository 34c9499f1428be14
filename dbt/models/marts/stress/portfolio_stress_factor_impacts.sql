-- one row per portfolio, view, scenario and part of its P&L: each factor that it shocks, options revalued, and where losses stop
--   Result by result through the keys: joined as wholes, a planner that expects one row of each would loop over all of them.
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

)

select
    results.portfolio_id,
    results.view_name as view,
    results.scenario_id,
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
    v.is_simulated,
    results.run_id
from {{ ref('published_portfolio_stress_results') }} as results
inner join visible as v on {{ is_visible('results') }}
cross join
    lateral (
        select
            'factor' as part,
            factors.factor_name,
            of_factor.factor_no as display_order,
            sum(exposures.exposure_dollars * of_factor.shock) filter (
                where by_factor.factor_no = of_factor.factor_no
            ) as direct_impact,
            -- its shock x the joint beta on it, of which each plain beta is a part
            sum(exposures.exposure_dollars * of_factor.joint_weights[by_factor.place] order by by_factor.place)
                as joint_impact
        from {{ ref('published_stress_shocks') }} as of_factor
        inner join {{ ref('published_stress_shocks') }} as by_factor on of_factor.scenario_id = by_factor.scenario_id
        inner join factors on of_factor.factor_no = factors.factor_no
        cross join
            lateral (
                select plain.exposure_dollars
                from {{ ref('published_portfolio_factor_exposures') }} as plain
                where
                    plain.portfolio_id = results.portfolio_id
                    and plain.view_name = results.view_name
                    and plain.session_no = results.session_no
                    and plain.factor_no = by_factor.factor_no
                    and {{ is_visible('plain') }}
                union all
                select macro.exposure_dollars
                from {{ ref('published_portfolio_macro_exposures') }} as macro
                where
                    macro.portfolio_id = results.portfolio_id
                    and macro.view_name = results.view_name
                    and macro.session_no = results.session_no
                    and macro.factor_no = by_factor.factor_no
                    and {{ is_visible('macro') }}
            ) as exposures
        where
            of_factor.scenario_id = results.scenario_id
            and of_factor.session_no = results.session_no
            and of_factor.shock is not null
            and {{ is_visible('of_factor') }}
            and by_factor.session_no = results.session_no
            and by_factor.shock is not null
            and {{ is_visible('by_factor') }}
        group by of_factor.factor_no, factors.factor_name
        union all
        select
            'revaluation' as part,
            'Options revalued' as factor_name,
            99 as display_order,
            results.direct_revaluation as direct_impact,
            results.joint_revaluation as joint_impact
        union all
        select
            'cap' as part,
            'Cap at -100 %' as factor_name,
            100 as display_order,
            results.direct_cap as direct_impact,
            results.joint_cap as joint_impact
    ) as parts
where results.session_no = v.market_session_no

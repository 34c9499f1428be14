-- one row per scenario and factor: its shock, or the move that is expected of it given the shocks; and how the shocks act together
-- depends_on: {{ ref('int_run') }}
{{ config(alias='stress_shocks', key=['scenario_id', 'factor_no'], scope='changed') }}
with run as (

    select * from {{ ref('int_run') }}

),

shocks as (

    select * from {{ ref('int_stress_shocks') }}

),

changes as (

    select
        factor_no,
        session_no,
        change
    from {{ ref('published_factor_changes') }}
    where superseded_by_run is null

),

factors as (

    select factor_no
    from {{ ref('factors') }}
    where etf_symbol is not null
    union all
    select factor_no
    from {{ ref('macro_factors') }}

),

-- the sessions on which all factors moved that a scenario shocks
complete as (

    select
        shocks.scenario_id,
        changes.session_no,
        array_agg(changes.change order by shocks.factor_no) as changes
    from shocks
    inner join changes on shocks.factor_no = changes.factor_no
    group by shocks.scenario_id, changes.session_no
    having count(*) = (
        select count(*) from shocks as others
        where others.scenario_id = shocks.scenario_id
    )

),

panels as (

    select
        scenario_id,
        count(*) as n_obs,
        array_agg(change.change order by complete.session_no, change.place) as changes
    from complete
    cross join lateral unnest(complete.changes) with ordinality as change (change, place)
    group by scenario_id

),

scenarios as (

    select
        shocks.scenario_id,
        shocks.factor_nos,
        coalesce(panels.n_obs / cardinality(shocks.factor_nos), 0) as n_obs,
        finance.joint_shock_weights(shocks.shocks, panels.changes) as weights
    from (
        select
            scenario_id,
            array_agg(factor_no order by factor_no) as factor_nos,
            array_agg(shock order by factor_no) as shocks
        from shocks
        group by scenario_id
    ) as shocks
    left join panels on shocks.scenario_id = panels.scenario_id

),

-- one row per scenario and pair of factors that it shocks
weights as (

    select
        scenarios.scenario_id,
        of_factor.factor_no,
        of_factor.place,
        by_factor.factor_no as beta_factor_no,
        by_factor.place as beta_place,
        scenarios.weights[(of_factor.place - 1) * cardinality(scenarios.factor_nos) + by_factor.place] as weight
    from scenarios
    cross join lateral unnest(scenarios.factor_nos) with ordinality as of_factor (factor_no, place)
    cross join lateral unnest(scenarios.factor_nos) with ordinality as by_factor (factor_no, place)

),

joint_weights as (

    select
        scenario_id,
        factor_no,
        array_agg(weight order by beta_factor_no) as joint_weights
    from weights
    where weight is not null
    group by scenario_id, factor_no

),

effective as (

    select
        scenario_id,
        beta_factor_no as factor_no,
        sum(weight order by factor_no) as effective_shock
    from weights
    where weight is not null
    group by scenario_id, beta_factor_no

),

-- the beta of each factor to each other one
slopes as (

    select
        of_factor.factor_no,
        to_factor.factor_no as beta_factor_no,
        regr_slope(of_factor.change, to_factor.change order by of_factor.session_no) as slope
    from changes as of_factor
    inner join changes as to_factor
        on of_factor.session_no = to_factor.session_no and of_factor.factor_no <> to_factor.factor_no
    group by of_factor.factor_no, to_factor.factor_no
    having count(*) >= {{ var('minimum_observations') }}

),

expected as (

    select
        effective.scenario_id,
        slopes.factor_no,
        sum(slopes.slope * effective.effective_shock order by slopes.beta_factor_no) as expected_move
    from effective
    inner join slopes on effective.factor_no = slopes.beta_factor_no
    group by effective.scenario_id, slopes.factor_no
    having count(*) = (
        select count(*) from effective as others
        where others.scenario_id = effective.scenario_id
    )

)

select
    scenarios.scenario_id,
    factors.factor_no,
    run.market_session_no as session_no,
    run.market_date as session_date,
    shocks.shock,
    -- whole scenarios are replayed, or none of their factors
    (
        select min(others.source) from shocks as others
        where others.scenario_id = scenarios.scenario_id
    ) as source,
    effective.effective_shock,
    array_position(scenarios.factor_nos, factors.factor_no) as place,
    joint_weights.joint_weights,
    coalesce(shocks.shock, expected.expected_move) as expected_move,
    cast(scenarios.n_obs as integer) as n_obs
from scenarios
cross join factors
cross join run
left join shocks on scenarios.scenario_id = shocks.scenario_id and factors.factor_no = shocks.factor_no
left join effective on scenarios.scenario_id = effective.scenario_id and factors.factor_no = effective.factor_no
left join joint_weights
    on scenarios.scenario_id = joint_weights.scenario_id and factors.factor_no = joint_weights.factor_no
left join expected on scenarios.scenario_id = expected.scenario_id and factors.factor_no = expected.factor_no

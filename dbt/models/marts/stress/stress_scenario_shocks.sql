-- one row per scenario and factor: its shock, or the move that is expected of it given the shocks
with factors as (

    select
        factor_no,
        factor_name,
        'return' as unit
    from {{ ref('factors') }}
    union all
    select
        factor_no,
        factor_name,
        unit
    from {{ ref('macro_factors') }}

)

select
    shocks.scenario_id,
    factors.factor_name,
    shocks.session_date,
    shocks.session_no,
    shocks.shock,
    shocks.effective_shock,
    shocks.expected_move,
    factors.unit,
    shocks.source,
    shocks.n_obs,
    factors.factor_no as display_order,
    v.is_simulated,
    shocks.run_id
from {{ ref('published_stress_shocks') }} as shocks
inner join ops.visible_run() as v on {{ is_visible('shocks') }}
inner join factors on shocks.factor_no = factors.factor_no
where shocks.session_no = v.market_session_no

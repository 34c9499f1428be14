-- one row per factor that a scenario may move and session of the last 60
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
    factors.factor_name,
    changes.session_date,
    changes.session_no,
    changes.change,
    factors.unit,
    factors.factor_no as display_order,
    v.is_simulated,
    changes.run_id
from {{ ref('published_factor_changes') }} as changes
inner join ops.visible_run() as v on {{ is_visible('changes') }}
inner join factors on changes.factor_no = factors.factor_no
where changes.session_no <= v.market_session_no

-- one row per touched portfolio, view and symbol at risk held on the market date: its lots together
with run as (

    select * from {{ ref('int_run') }}

),

exposures as (

    select exposures.*
    from {{ ref('int_position_exposures') }} as exposures
    cross join run
    where exposures.session_no = run.last_session_no

),

-- both sides of a symbol are one holding of the portfolio; of two terms the order does not matter
views as (

    select
        exposures.portfolio_id,
        view_name.view_name,
        exposures.symbol_id,
        sum(exposures.exposure) as exposure,
        sum(exposures.gross_exposure) as gross_exposure
    from exposures
    inner join (values ('portfolio'), ('longs'), ('shorts')) as view_name (view_name)
        on view_name.view_name in (exposures.side, 'portfolio')
    group by exposures.portfolio_id, view_name.view_name, exposures.symbol_id

)

select
    views.portfolio_id,
    views.view_name,
    views.symbol_id,
    views.exposure,
    views.gross_exposure,
    coalesce(recent.n_obs, 0) >= 57 as takes_part
from views
cross join run
left join {{ ref('int_return_histories') }} as recent
    on views.symbol_id = recent.symbol_id and run.last_session_no = recent.session_no

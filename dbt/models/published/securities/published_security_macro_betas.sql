-- one row per symbol with a return in the last 60 sessions and macro factor: how the symbol moved with it
-- depends_on: {{ ref('int_run') }}
{{ config(
    alias='security_macro_betas', key=['session_no', 'symbol_id', 'factor_no'],
    scope='cross_section', session='market_session_no'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

returns as (

    select
        securities.symbol_id,
        panel.session_no,
        panel.daily_return
    from {{ ref('stg_market__securities') }} as securities
    cross join run
    -- through the key of the panel, symbol by symbol
    cross join
        lateral (
            select
                panel.session_no,
                panel.daily_return
            from {{ ref('int_security_panel') }} as panel
            where
                panel.symbol_id = securities.symbol_id
                and panel.session_no between run.market_session_no - 59 and run.market_session_no
            offset 0 -- noqa: AM09
        ) as panel
    where panel.daily_return is not null

),

regressions as (

    select
        returns.symbol_id,
        factors.factor_no,
        cast(count(changes.change) as integer) as n_obs,
        -- in one order, so that sums come out the same to the last bit whatever the plan
        regr_sxx(returns.daily_return, changes.change order by returns.session_no) as sxx,
        regr_sxy(returns.daily_return, changes.change order by returns.session_no) as sxy,
        regr_syy(returns.daily_return, changes.change order by returns.session_no) as syy,
        -- what varies is told without rounding
        max(changes.change) > min(changes.change) as factor_varies,
        max(returns.daily_return) filter (where changes.change is not null)
        > min(returns.daily_return) filter (where changes.change is not null) as symbol_varies
    from returns
    cross join {{ ref('macro_factors') }} as factors
    left join {{ ref('published_factor_changes') }} as changes
        on
            factors.factor_no = changes.factor_no
            and returns.session_no = changes.session_no
            and changes.superseded_by_run is null
    group by returns.symbol_id, factors.factor_no

),

estimated as (

    select
        *,
        n_obs >= {{ var('minimum_observations') }} and factor_varies as is_estimated
    from regressions

)

select
    estimated.symbol_id,
    estimated.factor_no,
    run.market_session_no as session_no,
    run.market_date as session_date,
    case when estimated.is_estimated then estimated.sxy / estimated.sxx end as beta_60d,
    estimated.n_obs,
    -- least would take null for the other value
    case
        when estimated.is_estimated and estimated.symbol_varies
            then least(1, estimated.sxy * (estimated.sxy / estimated.sxx) / estimated.syy)
    end as r_squared,
    case
        when estimated.is_estimated
            then sqrt(
                greatest(estimated.syy - estimated.sxy * (estimated.sxy / estimated.sxx), 0)
                / (estimated.n_obs - 2) / estimated.sxx
            )
    end as std_error
from estimated
cross join run

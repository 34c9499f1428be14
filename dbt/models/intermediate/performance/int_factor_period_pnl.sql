-- one row per touched portfolio and ETF factor: what the exposures of each evening earned in the session after it, over each period
--   each factor counts for what the factors before it leave unexplained (finance.sequential_attribution)
-- the linter loses the indent over the loops
-- noqa: disable=LT02
with run as (

    select * from {{ ref('int_run') }}

),

periods as (

    select * from {{ ref('int_attribution_periods') }}

),

bounds as (

    select
        -- exposures of sessions that are not kept any more are not known to every run
        greatest(min(periods.first_session_no), run.horizon_session_no + 1) as first_session_no,
        run.last_session_no
    from periods
    cross join run
    group by run.horizon_session_no, run.last_session_no

),

covariances as (

    select
        covariances.session_no,
        array_agg(covariances.covariance order by covariances.factor_no_a, covariances.factor_no_b) as covariances
    from {{ ref('published_factor_covariances') }} as covariances
    cross join bounds
    where
        covariances.superseded_by_run is null
        and covariances.session_no between bounds.first_session_no - 1 and bounds.last_session_no
    group by covariances.session_no

),

sessions as materialized (

    select
        returns.session_no,
        finance.sequential_attribution(
            covariances.covariances,
            array[
                {%- for k in range(1, var('etf_factor_count') + 1) %}
                returns.return_{{ k }}{{ "," if not loop.last }}
                {%- endfor %}
            ]
        ) as earned
    from {{ ref('int_factor_returns') }} as returns
    cross join bounds
    inner join covariances on returns.session_no - 1 = covariances.session_no
    where returns.session_no between bounds.first_session_no and bounds.last_session_no

),

exposures as (

    select
        exposures.portfolio_id,
        exposures.session_no + 1 as session_no,
        array_agg(exposures.exposure_dollars order by exposures.factor_no) as exposures
    from {{ ref('published_portfolio_factor_exposures') }} as exposures
    inner join {{ ref('int_touched_portfolios') }} as touched on exposures.portfolio_id = touched.portfolio_id
    cross join bounds
    where
        exposures.superseded_by_run is null
        and exposures.view_name = 'portfolio'
        and exposures.factor_no <= {{ var('etf_factor_count') }}
        and exposures.session_no between bounds.first_session_no - 1 and bounds.last_session_no - 1
    group by exposures.portfolio_id, exposures.session_no

),

-- a session counts where all of it is known
daily as (

    select
        exposures.portfolio_id,
        exposures.session_no
        {%- for k in range(1, var('etf_factor_count') + 1) %},
        {%- for j in range(1, k + 1) %}
        {{ "+ " if not loop.first }}sessions.earned[{{ (k - 1) * var('etf_factor_count') + j }}]
        * exposures.exposures[{{ j }}]
        {%- endfor %} as pnl_{{ k }}
        {%- endfor %}
    from exposures
    inner join sessions on exposures.session_no = sessions.session_no
    where sessions.earned is not null and array_position(exposures.exposures, null) is null

),

bounds_of_periods as (

    select
        {%- for period in var('attribution_periods') %}
        min(periods.first_session_no) filter (where periods.period = '{{ period }}') as first_{{ period }}
        {{- "," if not loop.last }}
        {%- endfor %}
    from periods

),

-- once over the days, in the order of the sessions, so that sums come out the same to the last bit
summed as (

    select
        in_order.portfolio_id
        {%- for period in var('attribution_periods') %},
        cast(count(*) filter (where in_order.session_no >= in_order.first_{{ period }}) as integer)
            as n_obs_{{ period }}
        {%- for k in range(1, var('etf_factor_count') + 1) %},
        sum(in_order.pnl_{{ k }}) filter (where in_order.session_no >= in_order.first_{{ period }})
            as pnl_{{ k }}_{{ period }}
        {%- endfor %}
        {%- endfor %}
    from (
        select
            daily.*,
            bounds_of_periods.*
        from daily
        cross join bounds_of_periods
        order by daily.portfolio_id, daily.session_no
    ) as in_order
    group by in_order.portfolio_id

)

select
    summed.portfolio_id,
    factor.factor_no
    {%- for period in var('attribution_periods') %},
    factor.pnl_{{ period }},
    summed.n_obs_{{ period }}
    {%- endfor %}
from summed
cross join lateral (
    values
    {%- for k in range(1, var('etf_factor_count') + 1) %}
    (
        {{ k }}
        {%- for period in var('attribution_periods') %},
        summed.pnl_{{ k }}_{{ period }}
        {%- endfor %}
    ){{ "," if not loop.last }}
    {%- endfor %}
) as factor (
    factor_no
    {%- for period in var('attribution_periods') %},
    pnl_{{ period }}
    {%- endfor %}
)

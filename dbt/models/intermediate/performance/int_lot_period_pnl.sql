-- one row per lot that was held within the longest period: what it earned in each
-- the linter loses the indent over the loops
-- noqa: disable=LT02
with run as (

    select * from {{ ref('int_run') }}

),

bounds as (

    select min(first_session_no) as first_session_no
    from {{ ref('int_attribution_periods') }}

),

earned as (

    select
        daily_values.portfolio_id,
        daily_values.position_id,
        daily_values.session_no,
        daily_values.daily_pnl
    from {{ ref('published_position_daily_values') }} as daily_values
    inner join {{ ref('int_touched_portfolios') }} as touched on daily_values.portfolio_id = touched.portfolio_id
    cross join bounds
    cross join run
    where
        daily_values.superseded_by_run is null
        and daily_values.session_no between bounds.first_session_no and run.last_session_no
    union all
    -- what an option settled at counts in the session after its last
    select
        lots.portfolio_id,
        lots.position_id,
        lots.expiration_session_no + 1 as session_no,
        lots.settlement_pnl as daily_pnl
    from {{ ref('published_lots') }} as lots
    inner join {{ ref('int_touched_portfolios') }} as touched on lots.portfolio_id = touched.portfolio_id
    cross join bounds
    cross join run
    where
        lots.superseded_by_run is null
        and lots.settlement_pnl is not null
        and lots.expiration_session_no + 1 between bounds.first_session_no and run.last_session_no

),

bounds_of_periods as (

    select
        {%- for period in var('attribution_periods') %}
        min(periods.first_session_no) filter (where periods.period = '{{ period }}') as first_{{ period }}
        {{- "," if not loop.last }}
        {%- endfor %}
    from {{ ref('int_attribution_periods') }} as periods

)

-- once over the days, in the order of the sessions, so that sums come out the same to the last bit
select
    in_order.portfolio_id,
    in_order.position_id
    {%- for period in var('attribution_periods') %},
    sum(in_order.daily_pnl) filter (where in_order.session_no >= in_order.first_{{ period }}) as pnl_{{ period }}
    {%- endfor %}
from (
    select
        earned.*,
        bounds_of_periods.*
    from earned
    cross join bounds_of_periods
    order by earned.portfolio_id, earned.position_id, earned.session_no
) as in_order
group by in_order.portfolio_id, in_order.position_id

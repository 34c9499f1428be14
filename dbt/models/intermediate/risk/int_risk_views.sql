-- one row per touched portfolio and view of the market date: what today's holdings would have earned on each of 250 sessions
-- the linter loses the indent over the loops
-- noqa: disable=LT01,LT02
with run as (

    select * from {{ ref('int_run') }}

),

daily_risk as (

    select daily_risk.*
    from {{ ref('published_portfolio_daily_risk') }} as daily_risk
    cross join run
    inner join {{ ref('int_touched_portfolios') }} as touched on daily_risk.portfolio_id = touched.portfolio_id
    where daily_risk.superseded_by_run is null and daily_risk.session_no = run.last_session_no

),

daily_views as (

    select daily_views.*
    from {{ ref('published_portfolio_daily_views') }} as daily_views
    cross join run
    inner join {{ ref('int_touched_portfolios') }} as touched on daily_views.portfolio_id = touched.portfolio_id
    where daily_views.superseded_by_run is null and daily_views.session_no = run.last_session_no

),

-- in the order of the symbols, so that sums come out the same to the last bit
holdings as (

    select
        in_order.portfolio_id,
        in_order.view_name,
        in_order.gross_exposure,
        in_order.takes_part,
        in_order.exposure,
        histories.daily_returns
    from (
        select * from {{ ref('int_risk_holdings') }}
        order by portfolio_id, view_name, symbol_id
    ) as in_order
    cross join
        lateral (
            -- a copy in memory: what is stored is compressed, and would be unpacked for every element
            select histories.daily_returns || cast(array[] as double precision []) as daily_returns
            from {{ ref('int_tail_histories') }} as histories
            where in_order.symbol_id = histories.symbol_id
            offset 0 -- noqa: AM09
        ) as histories

),

sums as (

    select
        portfolio_id,
        view_name,
        sum(gross_exposure) as gross,
        coalesce(sum(gross_exposure) filter (where takes_part), 0) as covered,
        -- a holding of no exposure is covered too: its P&L is known, and 0
        bool_or(takes_part) as is_covered
        {%- for k in range(1, 251) %},
        sum(exposure * daily_returns[{{ k }}]) filter (where takes_part) as pnl_{{ k }}
        {%- endfor %}
    from holdings
    group by portfolio_id, view_name

),

arrays as materialized (

    select
        portfolio_id,
        view_name,
        gross,
        covered,
        case when is_covered then array[
            {%- for k in range(1, 251) %}
            pnl_{{ k }}{{ "," if not loop.last }}
            {%- endfor %}
        ] end as pnl
    from sums

)

select
    daily_views.portfolio_id,
    daily_views.view_name,
    daily_views.session_no,
    daily_views.session_date,
    daily_views.nav,
    daily_views.position_count,
    daily_views.unsound_mark_count,
    daily_views.unknown_exposure_count,
    daily_views.unknown_adjustment_count,
    coalesce(arrays.gross, 0) as gross,
    coalesce(arrays.covered, 0) as covered,
    arrays.pnl[191:250] as recent_pnl,
    -- of the last 60 sessions, and of all
    recent.n_obs,
    daily_risk.var_95_1d,
    -- what rounding leaves of a book that is hedged to nothing is no spread that could be shared out
    case when recent.pnl_stddev > 1e-12 * arrays.covered then recent.pnl_stddev end as pnl_stddev,
    whole.known_pnl,
    daily_risk.status,
    daily_risk.reason
from daily_views
inner join daily_risk
    on daily_views.portfolio_id = daily_risk.portfolio_id and daily_views.view_name = daily_risk.view_name
left join arrays on daily_views.portfolio_id = arrays.portfolio_id and daily_views.view_name = arrays.view_name
cross join lateral (
    select
        cast(count(*) as integer) as n_obs,
        case when count(*) >= {{ var('minimum_observations') }} then stddev_samp(pnl.pnl) end as pnl_stddev
    from unnest(arrays.pnl[191:250]) as pnl (pnl)
    where pnl.pnl <> 'NaN'
) as recent
cross join lateral (
    select array_agg(pnl.pnl order by pnl.place) as known_pnl
    from unnest(arrays.pnl) with ordinality as pnl (pnl, place)
    where pnl.pnl <> 'NaN'
) as whole

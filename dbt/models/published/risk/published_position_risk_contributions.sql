-- one row per lot and view that it belongs to, on the market date: its share of value at risk
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='position_risk_contributions', key=['portfolio_id', 'session_no', 'position_id', 'view_name'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

lots as (

    select
        position_days.position_id,
        position_days.portfolio_id,
        position_days.side,
        position_days.risk_symbol_id,
        position_days.delta_adjusted_exposure as exposure
    from {{ ref('int_position_days') }} as position_days
    cross join run
    where
        position_days.is_output
        and not position_days.is_settlement
        and position_days.session_no = run.last_session_no

),

views as (

    select * from {{ ref('int_risk_views') }}

),

covariances as (

    select * from {{ ref('int_risk_covariances') }}

)

select
    lots.position_id,
    lots.portfolio_id,
    views.view_name,
    views.session_no,
    views.session_date,
    lots.exposure as delta_adjusted_exposure,
    finance.parametric_var_95(lots.exposure * covariances.covariance / covariances.pnl_stddev) as component_var_95_1d,
    finance.parametric_var_95(covariances.covariance / covariances.pnl_stddev) as marginal_var_95_1d,
    lots.exposure * covariances.covariance / (covariances.pnl_stddev * covariances.pnl_stddev) as share_of_var,
    finance.parametric_var_95(abs(lots.exposure) * covariances.return_stddev) as standalone_var_95_1d,
    case
        when lots.exposure is null or covariances.symbol_id is null then 'unavailable'
        when
            views.covered < views.gross
            or views.n_obs < 60
            or views.unsound_mark_count > 0
            or views.unknown_exposure_count > 0
            or views.unknown_adjustment_count > 0
            then 'partial'
        else 'ok'
    end as status,
    case
        when lots.exposure is null then 'the underlying has no price'
        when views.n_obs < {{ var('minimum_observations') }}
            then 'fewer than 20 sessions on which every holding has a return'
        when covariances.symbol_id is null and views.pnl_stddev is null
            then 'the P&L of the view does not vary, so it has no shares'
        when covariances.symbol_id is null then 'fewer than 57 of 60 returns'
        when views.unknown_exposure_count > 0 then 'the underlying of an option has no price'
        when views.unknown_adjustment_count > 0 then 'an option was adjusted by a split in a way that is not known'
        when views.covered < views.gross then 'positions with fewer than 57 of 60 returns are left out'
        when views.unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
        when views.n_obs < 60 then 'fewer than 60 sessions on which every holding has a return'
    end as reason
from lots
inner join views on lots.portfolio_id = views.portfolio_id and views.view_name in (lots.side, 'portfolio')
left join covariances
    on
        views.portfolio_id = covariances.portfolio_id
        and views.view_name = covariances.view_name
        and lots.risk_symbol_id = covariances.symbol_id

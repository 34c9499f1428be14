-- one row per portfolio, view and session: beta, volatility, Sharpe ratio, drawdown and value at risk
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_daily_risk', key=['portfolio_id', 'view_name', 'session_no'], scope='portfolio', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

daily_views as (

    select daily_views.*
    from {{ ref('published_portfolio_daily_views') }} as daily_views
    cross join run
    inner join {{ ref('int_touched_portfolios') }} as touched on daily_views.portfolio_id = touched.portfolio_id
    where
        daily_views.superseded_by_run is null
        and daily_views.session_no between greatest(
            touched.first_session_no, run.horizon_session_no
        ) and run.last_session_no

),

market_betas as (

    select exposures.*
    from {{ ref('published_portfolio_factor_exposures') }} as exposures
    inner join {{ ref('int_touched_portfolios') }} as touched on exposures.portfolio_id = touched.portfolio_id
    where exposures.superseded_by_run is null and exposures.factor_no = 1

),

holdings_pnl as (

    select * from {{ ref('int_holdings_pnl') }}

),

realized_returns as (

    select * from {{ ref('int_realized_returns') }}

),

sessions as (

    select * from {{ ref('stg_calendar__sessions') }}

),

joined as (

    select
        daily_views.portfolio_id,
        daily_views.view_name,
        daily_views.session_no,
        daily_views.session_date,
        daily_views.nav,
        daily_views.unsound_mark_count,
        daily_views.unknown_exposure_count,
        daily_views.unknown_adjustment_count,
        daily_views.position_count,
        market_betas.exposure as beta,
        market_betas.status as beta_status,
        market_betas.reason as beta_reason,
        coalesce(holdings_pnl.gross, 0) = 0 and daily_views.unknown_exposure_count = 0 as is_empty,
        case when holdings_pnl.gross > 0 then holdings_pnl.covered / holdings_pnl.gross end as coverage,
        cast(coalesce(holdings_pnl.n_obs, 0) as integer) as n_obs,
        case when holdings_pnl.n_obs >= {{ var('minimum_observations') }} then holdings_pnl.pnl_stddev end
            as pnl_stddev,
        cast(coalesce(realized_returns.n_obs, 0) as integer) as realized_n_obs,
        cast(coalesce(realized_returns.drawdown_n_obs, 0) as integer) as drawdown_n_obs,
        realized_returns.mean_return,
        realized_returns.return_stddev,
        realized_returns.max_drawdown,
        peak.session_date as peak_date,
        trough.session_date as trough_date,
        recovery.session_date as recovery_date,
        run.risk_free_rate
    from daily_views
    cross join run
    left join market_betas
        on
            daily_views.portfolio_id = market_betas.portfolio_id
            and daily_views.view_name = market_betas.view_name
            and daily_views.session_no = market_betas.session_no
    left join holdings_pnl
        on
            daily_views.portfolio_id = holdings_pnl.portfolio_id
            and daily_views.view_name = holdings_pnl.view_name
            and daily_views.session_no = holdings_pnl.session_no
    -- a view that holds nothing has no figures, whatever it once held
    left join realized_returns
        on
            daily_views.position_count > 0
            and daily_views.portfolio_id = realized_returns.portfolio_id
            and daily_views.view_name = realized_returns.view_name
            and daily_views.session_no = realized_returns.session_no
    left join sessions as peak on realized_returns.peak_session_no = peak.session_no
    left join sessions as trough on realized_returns.trough_session_no = trough.session_no
    left join sessions as recovery on realized_returns.recovery_session_no = recovery.session_no

)

select
    portfolio_id,
    view_name,
    session_no,
    session_date,
    beta,
    case when nav > 0 then finance.annualized_volatility(pnl_stddev) / nav end as volatility_60d_annualized,
    case when realized_n_obs >= {{ var('minimum_observations') }} then finance.annualized_volatility(return_stddev) end
        as realized_volatility_60d,
    case
        when
            realized_n_obs >= {{ var('minimum_observations') }}
            then finance.sharpe_ratio(mean_return, return_stddev, risk_free_rate)
    end
        as sharpe_ratio,
    risk_free_rate,
    case when drawdown_n_obs >= {{ var('minimum_observations') }} then max_drawdown end as max_drawdown_90d,
    case when drawdown_n_obs >= {{ var('minimum_observations') }} then peak_date end as peak_date,
    case when drawdown_n_obs >= {{ var('minimum_observations') }} then trough_date end as trough_date,
    case when drawdown_n_obs >= {{ var('minimum_observations') }} then recovery_date end as recovery_date,
    finance.parametric_var_95(pnl_stddev) as var_95_1d,
    case when nav > 0 then finance.parametric_var_95(pnl_stddev) / nav end as var_95_1d_pct,
    coverage,
    n_obs,
    realized_n_obs,
    drawdown_n_obs,
    beta_status,
    beta_reason,
    case
        when pnl_stddev is null or nav <= 0 then 'unavailable'
        when
            coverage < 1
            or n_obs < 60
            or unsound_mark_count > 0
            or unknown_exposure_count > 0
            or unknown_adjustment_count > 0
            then 'partial'
        else 'ok'
    end as status,
    case
        -- an option so far out that its delta is 0 is held all the same, and has no spread
        when is_empty and pnl_stddev is null then 'the view holds no position'
        when pnl_stddev is null then 'fewer than 20 sessions on which every holding has a return'
        when nav <= 0 then 'NAV is not positive, so there is no share of it'
        when unknown_exposure_count > 0 then 'the underlying of an option has no price'
        when unknown_adjustment_count > 0 then 'an option was adjusted by a split in a way that is not known'
        when coverage < 1 then 'positions with fewer than 57 of 60 returns are left out'
        when unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
        when n_obs < 60 then 'fewer than 60 sessions on which every holding has a return'
    end as reason,
    case
        when realized_n_obs < {{ var('minimum_observations') }} then 'unavailable'
        when realized_n_obs < 60 or unsound_mark_count > 0 or unknown_adjustment_count > 0 then 'partial'
        else 'ok'
    end as realized_status,
    case
        when position_count = 0 then 'the view holds no position'
        when
            realized_n_obs < {{ var('minimum_observations') }}
            then 'fewer than 20 daily returns in the last 60 sessions'
        when unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
        when unknown_adjustment_count > 0 then 'an option was adjusted by a split in a way that is not known'
        when realized_n_obs < 60 then 'fewer than 60 daily returns in the last 60 sessions'
    end as realized_reason,
    case
        when drawdown_n_obs < {{ var('minimum_observations') }} then 'unavailable'
        when drawdown_n_obs < 90 or unsound_mark_count > 0 or unknown_adjustment_count > 0 then 'partial'
        else 'ok'
    end as drawdown_status,
    case
        when position_count = 0 then 'the view holds no position'
        when
            drawdown_n_obs < {{ var('minimum_observations') }}
            then 'fewer than 20 daily returns in the last 90 sessions'
        when unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
        when unknown_adjustment_count > 0 then 'an option was adjusted by a split in a way that is not known'
        when drawdown_n_obs < 90 then 'fewer than 90 daily returns in the last 90 sessions'
    end as drawdown_reason
from joined

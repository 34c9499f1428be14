-- one row per portfolio, view and macro factor at the market date: the exposure, as a share of NAV and in dollars
-- depends_on: {{ ref('int_run') }}
{{ config(
    alias='portfolio_macro_exposures', key=['portfolio_id', 'session_no', 'view_name', 'factor_no'],
    scope='cross_section', session='market_session_no', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

daily_views as (

    select daily_views.*
    from {{ ref('stg_accounts__portfolios') }} as portfolios
    cross join run
    -- through the key, portfolio by portfolio
    cross join
        lateral (
            select daily_views.* from {{ ref('published_portfolio_daily_views') }} as daily_views
            where
                daily_views.portfolio_id = portfolios.portfolio_id
                and daily_views.view_name in ('portfolio', 'longs', 'shorts')
                and daily_views.session_no = run.market_session_no
                and daily_views.superseded_by_run is null
            offset 0 -- noqa: AM09
        ) as daily_views

),

betas as (

    select macro_betas.*
    from {{ ref('published_security_macro_betas') }} as macro_betas
    inner join run on macro_betas.session_no = run.market_session_no
    where macro_betas.superseded_by_run is null

),

-- in one order, so that sums come out the same to the last bit
ordered as (

    select
        portfolio_id,
        side,
        risk_symbol_id,
        delta_adjusted_exposure
    from {{ ref('int_stress_positions') }}
    where delta_adjusted_exposure is not null
    order by portfolio_id, side, risk_symbol_id, symbol, entry_date, entered_price, position_id

),

holdings as (

    select
        portfolio_id,
        side,
        risk_symbol_id,
        sum(delta_adjusted_exposure) as exposure,
        sum(abs(delta_adjusted_exposure)) as gross_exposure
    from ordered
    group by portfolio_id, side, risk_symbol_id

),

sides as (

    select
        holdings.portfolio_id,
        holdings.side,
        factors.factor_no,
        sum(holdings.gross_exposure order by holdings.risk_symbol_id) as gross,
        sum(holdings.exposure * betas.beta_60d order by holdings.risk_symbol_id) as dollars,
        sum(holdings.gross_exposure order by holdings.risk_symbol_id) filter (where betas.beta_60d is not null)
            as covered,
        min(betas.n_obs) filter (where betas.beta_60d is not null and holdings.gross_exposure > 0) as n_obs
    from holdings
    cross join {{ ref('macro_factors') }} as factors
    left join betas on holdings.risk_symbol_id = betas.symbol_id and factors.factor_no = betas.factor_no
    group by holdings.portfolio_id, holdings.side, factors.factor_no

),

-- the portfolio is both sides together
held as (

    select
        sides.portfolio_id,
        view_name.view_name,
        sides.factor_no,
        sum(sides.gross order by sides.side) as gross,
        sum(sides.dollars order by sides.side) as dollars,
        sum(sides.covered order by sides.side) as covered,
        min(sides.n_obs) as n_obs
    from sides
    inner join (values ('portfolio'), ('longs'), ('shorts')) as view_name (view_name)
        on view_name.view_name in (sides.side, 'portfolio')
    group by sides.portfolio_id, view_name.view_name, sides.factor_no

),

-- what nothing tells of: no return of the ETF, no yield
loaded as (

    select distinct changes.factor_no
    from {{ ref('published_factor_changes') }} as changes
    where changes.superseded_by_run is null

),

judged as (

    select
        daily_views.portfolio_id,
        daily_views.view_name,
        daily_views.session_no,
        daily_views.session_date,
        daily_views.nav,
        daily_views.unsound_mark_count,
        daily_views.unknown_exposure_count,
        daily_views.unknown_adjustment_count,
        factors.factor_no,
        coalesce(factors.etf_symbol, 'the 10-year yield') as series_name,
        coalesce(held.gross, 0) as gross,
        coalesce(held.covered, 0) as covered,
        held.n_obs,
        held.dollars,
        loaded.factor_no is null as is_without_data,
        coalesce(held.gross, 0) = 0 and daily_views.unknown_exposure_count = 0 as is_empty
    from daily_views
    cross join {{ ref('macro_factors') }} as factors
    left join loaded on factors.factor_no = loaded.factor_no
    left join held
        on
            daily_views.portfolio_id = held.portfolio_id
            and daily_views.view_name = held.view_name
            and factors.factor_no = held.factor_no

),

stated as (

    select
        *,
        case when is_empty then 0 when covered > 0 then dollars end as exposure_dollars
    from judged

)

select
    portfolio_id,
    view_name,
    factor_no,
    session_no,
    session_date,
    case when is_empty then 0 when nav > 0 then exposure_dollars / nav end as exposure,
    exposure_dollars,
    case when gross > 0 then covered / gross end as coverage,
    coalesce(n_obs, 0) as n_obs,
    case
        when is_empty then 'ok'
        when exposure_dollars is null or nav <= 0 then 'unavailable'
        when
            covered < gross or unknown_exposure_count > 0 or unsound_mark_count > 0 or unknown_adjustment_count > 0
            or n_obs < 60
            then 'partial'
        else 'ok'
    end as status,
    case
        when is_empty then null
        when is_without_data then concat('no change of ', series_name, ' is loaded')
        when exposure_dollars is null then 'no position has a beta to this factor that is known'
        when nav <= 0 then 'NAV is not positive, so there is no share of it'
        when unknown_exposure_count > 0 then 'the underlying of an option has no price'
        when unknown_adjustment_count > 0 then 'an option was adjusted by a split in a way that is not known'
        when covered < gross then 'positions without a beta are left out'
        when unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
        when n_obs < 60 then 'a beta has fewer than 60 observations'
    end as reason
from stated

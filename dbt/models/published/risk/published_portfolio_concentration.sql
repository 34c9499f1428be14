-- one row per portfolio and view, on the market date: how concentrated, how levered, and how far it goes with the market
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_concentration', key=['portfolio_id', 'session_no', 'view_name'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

views as (

    select * from {{ ref('int_risk_views') }}

),

securities as (

    select * from {{ ref('stg_market__securities') }}

),

market_betas as (

    select exposures.*
    from {{ ref('published_portfolio_factor_exposures') }} as exposures
    cross join run
    inner join {{ ref('int_touched_portfolios') }} as touched on exposures.portfolio_id = touched.portfolio_id
    where
        exposures.superseded_by_run is null
        and exposures.factor_no = 1
        and exposures.session_no = run.last_session_no

),

-- names that are hedged to nothing by themselves do not count
names as (

    select
        holdings.portfolio_id,
        holdings.view_name,
        securities.symbol,
        abs(holdings.exposure) as size,
        row_number() over (
            partition by holdings.portfolio_id, holdings.view_name
            order by abs(holdings.exposure) desc, securities.symbol
        ) as size_rank
    from {{ ref('int_risk_holdings') }} as holdings
    inner join securities on holdings.symbol_id = securities.symbol_id
    where abs(holdings.exposure) > 1e-12 * holdings.gross_exposure

),

totals as (

    select
        portfolio_id,
        view_name,
        cast(count(*) as integer) as name_count,
        sum(size) as total,
        sum(size * size) as squares,
        max(size) as largest,
        min(symbol) filter (where size_rank = 1) as largest_symbol,
        sum(size) filter (where size_rank <= 3) as top_3,
        sum(size) filter (where size_rank <= 10) as top_10
    from (
        select * from names
        order by portfolio_id, view_name, size_rank
    ) as in_order
    group by portfolio_id, view_name

),

-- in the order of the symbols, as everywhere
nets as (

    select
        portfolio_id,
        view_name,
        sum(exposure) as net
    from (
        select * from {{ ref('int_risk_holdings') }}
        order by portfolio_id, view_name, symbol_id
    ) as in_order
    group by portfolio_id, view_name

)

select
    views.portfolio_id,
    views.view_name,
    views.session_no,
    views.session_date,
    coalesce(totals.name_count, 0) as name_count,
    totals.squares / (totals.total * totals.total) as hhi,
    totals.total * totals.total / totals.squares as effective_names,
    totals.largest_symbol,
    totals.largest / totals.total as largest_share,
    totals.top_3 / totals.total as top_3_share,
    totals.top_10 / totals.total as top_10_share,
    case when views.nav > 0 then views.gross / views.nav end as gross_leverage,
    case when views.nav > 0 then coalesce(nets.net, 0) / views.nav end as net_leverage,
    market_betas.exposure_dollars as beta_adjusted_exposure,
    market_betas.exposure as beta_adjusted_leverage,
    case
        when totals.total is null then 'unavailable'
        when
            views.nav <= 0
            or views.unknown_exposure_count > 0
            or views.unsound_mark_count > 0
            or views.unknown_adjustment_count > 0
            or market_betas.status <> 'ok'
            then 'partial'
        else 'ok'
    end as status,
    case
        when totals.total is null and views.unknown_exposure_count > 0 then 'the underlying of an option has no price'
        when totals.total is null and views.gross > 0 then 'every name is hedged by itself'
        when totals.total is null then 'the view holds no position'
        when views.nav <= 0 then 'NAV is not positive, so there is no share of it'
        when views.unknown_exposure_count > 0 then 'the underlying of an option has no price'
        when views.unknown_adjustment_count > 0 then 'an option was adjusted by a split in a way that is not known'
        when views.unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
        when market_betas.status <> 'ok' then market_betas.reason
    end as reason
from views
left join totals on views.portfolio_id = totals.portfolio_id and views.view_name = totals.view_name
left join nets on views.portfolio_id = nets.portfolio_id and views.view_name = nets.view_name
left join market_betas on views.portfolio_id = market_betas.portfolio_id and views.view_name = market_betas.view_name

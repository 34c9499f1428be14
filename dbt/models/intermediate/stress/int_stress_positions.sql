-- one row per open lot of any portfolio at the market date: what it is worth, and what of it moves with which symbol
{{ config(indexes=[{'columns': ['portfolio_id']}]) }}
with run as (

    select * from {{ ref('int_run') }}

),

daily_values as (

    select daily_values.*
    from {{ ref('stg_accounts__portfolios') }} as portfolios
    cross join run
    -- through the key, portfolio by portfolio
    cross join
        lateral (
            select daily_values.* from {{ ref('published_position_daily_values') }} as daily_values
            where
                daily_values.portfolio_id = portfolios.portfolio_id
                and daily_values.session_no = run.market_session_no
                and daily_values.superseded_by_run is null
            offset 0 -- noqa: AM09
        ) as daily_values

)

select
    daily_values.portfolio_id,
    daily_values.position_id,
    lots.side,
    lots.position_type,
    lots.underlying_symbol is not null as is_option,
    case when lots.underlying_symbol is null then daily_values.symbol_id else underlyings.symbol_id end
        as risk_symbol_id,
    daily_values.market_value,
    daily_values.delta_adjusted_exposure,
    -- what revalues an option; the volatility is known with Greeks of the model alone
    lots.option_type,
    daily_values.strike_price,
    (lots.expiration_date - daily_values.session_date) / cast(365 as double precision) as years,
    100 * daily_values.quantity as shares,
    daily_values.underlying_price,
    daily_values.implied_volatility,
    daily_values.rate,
    daily_values.dividend_yield,
    -- sums are taken in the order of these and the position, so that they come out the same to the last bit whatever the plan
    lots.symbol,
    lots.entry_date,
    lots.entered_price
from daily_values
inner join {{ ref('published_lots') }} as lots
    on daily_values.position_id = lots.position_id and lots.superseded_by_run is null
left join {{ ref('stg_market__securities') }} as underlyings on lots.underlying_symbol = underlyings.symbol
-- a lot that was closed on the session has a row of it, and nothing left to lose
where daily_values.quantity <> 0

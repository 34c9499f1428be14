-- one row per option symbol and session on which it and its underlying traded, and its close implies a volatility
--   a close less than half a cent above what the option is worth for certain implies none: a tick would be all of it
{{ config(indexes=[{'columns': ['symbol_id', 'session_no']}]) }}
with run as (

    select * from {{ ref('int_run') }}

),

contracts as (

    select
        contracts.price_symbol_id as symbol_id,
        contracts.risk_symbol_id,
        min(contracts.session_no) - 4 as from_session_no,
        max(contracts.session_no) as through_session_no
    from {{ ref('int_option_contracts') }} as contracts
    where contracts.price_symbol_id is not null
    group by contracts.price_symbol_id, contracts.risk_symbol_id

),

traded as (

    select
        own.symbol_id,
        own.session_no,
        listed.option_type,
        cast(listed.strike_price as double precision) as strike_price,
        own.close as price,
        underlying.close as spot,
        (listed.expiration_date - own.session_date) / cast(365 as double precision) as years,
        coalesce(dividend_yields.cash_amount / nullif(underlying.close, 0), 0) as dividend_yield,
        curves.tenors_in_years,
        curves.rates,
        run.risk_free_rate
    from contracts
    cross join run
    inner join {{ ref('stg_market__securities') }} as securities on contracts.symbol_id = securities.symbol_id
    cross join lateral finance.parse_occ(securities.symbol) as listed
    inner join {{ ref('stg_market__bars') }} as own
        on
            contracts.symbol_id = own.symbol_id
            and own.session_no between contracts.from_session_no and contracts.through_session_no
    inner join {{ ref('stg_market__bars') }} as underlying
        on contracts.risk_symbol_id = underlying.symbol_id and own.session_date = underlying.session_date
    left join {{ ref('int_dividend_yields') }} as dividend_yields
        on contracts.risk_symbol_id = dividend_yields.symbol_id and own.session_no = dividend_yields.session_no
    left join {{ ref('int_yield_curves') }} as curves on own.session_no = curves.session_no
    where own.session_date < listed.expiration_date

),

priced as (

    select
        traded.*,
        coalesce(
            finance.interpolate(traded.years, traded.tenors_in_years, traded.rates), traded.risk_free_rate
        ) as rate
    from traded

),

implied as (

    select
        priced.symbol_id,
        priced.session_no,
        finance.implied_volatility(
            priced.option_type, priced.price, priced.spot, priced.strike_price,
            priced.years, priced.rate, priced.dividend_yield
        ) as implied_volatility
    from priced
    where
        priced.price - finance.black_scholes_price(
            priced.option_type, priced.spot, priced.strike_price, priced.years, priced.rate, priced.dividend_yield, 0
        ) >= 0.005

)

select * from implied
where implied_volatility is not null

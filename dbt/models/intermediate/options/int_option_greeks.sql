-- one row per option contract and session: its Greeks for one share held, by the model of Black, Scholes and Merton, and what went in
--   the volatility is the one that its own close implies, the newest of this session and the four before with no split in between; else
--   the underlying's over 60 sessions. Null Greeks say in `reason` why. Theta is for a calendar day, vega and rho for one point.
-- the linter loses the indent after a condition
-- noqa: disable=LT02
{% set is_model = env_var("GREEKS_SOURCE", "mock") == "model" %}
{% if target.type == "spark" -%}
-- Spark builds with the mock Greeks alone: implied volatilities are a search that its SQL has no words for
select
    cast(null as int) as risk_symbol_id,
    cast(null as string) as option_type,
    cast(null as date) as expiration_date,
    cast(null as double) as strike_price,
    cast(null as int) as session_no,
    cast(null as double) as rate,
    cast(null as string) as rate_source,
    cast(null as double) as dividend_yield,
    cast(null as double) as volatility,
    cast(null as string) as volatility_source,
    cast(null as double) as delta,
    cast(null as double) as gamma,
    cast(null as double) as theta,
    cast(null as double) as vega,
    cast(null as double) as rho,
    cast(null as string) as reason
where false
{%- else -%}
with run as (

    select * from {{ ref('int_run') }}

),

contracts as (

    select * from {{ ref('int_option_contracts') }}

),

described as (

    select
        contracts.risk_symbol_id,
        contracts.option_type,
        contracts.expiration_date,
        contracts.strike_price,
        contracts.session_no,
        underlying.price as spot,
        (contracts.expiration_date - contracts.session_date) / cast(365 as double precision) as years,
        coalesce(dividend_yields.cash_amount / nullif(underlying.price, 0), 0) as dividend_yield,
        curves.tenors_in_years,
        curves.rates,
        run.risk_free_rate,
        own.implied_volatility as own_volatility,
        realized.volatility_60d_annualized as underlying_volatility
    from contracts
    cross join run
    left join {{ ref('int_marks') }} as underlying
        on contracts.risk_symbol_id = underlying.symbol_id and contracts.session_no = underlying.session_no
    left join {{ ref('int_dividend_yields') }} as dividend_yields
        on contracts.risk_symbol_id = dividend_yields.symbol_id and contracts.session_no = dividend_yields.session_no
    left join {{ ref('int_yield_curves') }} as curves on contracts.session_no = curves.session_no
    left join
        lateral (
            select volatilities.implied_volatility
            from {{ ref('int_option_volatilities') }} as volatilities
            where
                volatilities.symbol_id = contracts.price_symbol_id
                and volatilities.session_no between contracts.session_no - 4 and contracts.session_no
                and not exists (
                    select from {{ ref('int_splits') }} as splits
                    where
                        splits.symbol_id = contracts.risk_symbol_id
                        and splits.session_no > volatilities.session_no
                        and splits.session_no <= contracts.session_no
                )
            order by volatilities.session_no desc
            limit 1
        ) as own
        on true
        {% if is_model -%}
    left join
        {{ ref('int_security_panel') }} as realized
        {%- else -%}
    -- under mock Greeks nothing waits for the rolling figures
    left join
        (values (0, 0, cast(null as double precision))) as realized (symbol_id, session_no, volatility_60d_annualized)
        {%- endif %}
        on contracts.risk_symbol_id = realized.symbol_id and contracts.session_no = realized.session_no

),

priced as (

    select
        described.risk_symbol_id,
        described.option_type,
        described.expiration_date,
        described.strike_price,
        described.session_no,
        described.spot,
        described.years,
        described.dividend_yield,
        coalesce(
            finance.interpolate(described.years, described.tenors_in_years, described.rates), described.risk_free_rate
        ) as rate,
        case when described.rates is null then 'configured' else 'yield_curve' end as rate_source,
        coalesce(described.own_volatility, described.underlying_volatility) as volatility,
        case
            when described.own_volatility is not null then 'own_price'
            when described.underlying_volatility is not null then 'underlying_60d'
        end as volatility_source
    from described

)

select
    priced.risk_symbol_id,
    priced.option_type,
    priced.expiration_date,
    priced.strike_price,
    priced.session_no,
    priced.spot,
    priced.rate,
    priced.rate_source,
    priced.dividend_yield,
    priced.volatility,
    priced.volatility_source,
    modelled.delta,
    modelled.gamma,
    modelled.theta / 365 as theta,
    modelled.vega / 100 as vega,
    modelled.rho / 100 as rho,
    case
        when priced.spot is null then 'the underlying has no price'
        when priced.volatility is null
            then 'neither the option''s price nor 20 returns of its underlying tell a volatility'
        when modelled.delta is null then 'the option''s terms are beyond the model'
    end as reason
from priced
cross join lateral finance.black_scholes(
    priced.option_type, priced.spot, priced.strike_price, priced.years,
    priced.rate, priced.dividend_yield, priced.volatility
) as modelled
{%- endif %}

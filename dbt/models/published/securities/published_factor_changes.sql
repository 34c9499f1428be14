-- one row per factor that a scenario may move and session of the last 60: how it moved that day
-- depends_on: {{ ref('int_run') }}
{{ config(alias='factor_changes', key=['factor_no', 'session_no'], scope='changed') }}
with run as (

    select * from {{ ref('int_run') }}

),

factors as (

    select
        factor_no,
        etf_symbol,
        null as tenor_months
    from {{ ref('factors') }}
    where etf_symbol is not null
    union all
    select
        factor_no,
        etf_symbol,
        tenor_months
    from {{ ref('macro_factors') }}

),

-- the daily return of an ETF
etf_changes as (

    select
        factors.factor_no,
        panel.session_no,
        panel.session_date,
        panel.daily_return as change
    from factors
    cross join run
    inner join {{ ref('stg_market__securities') }} as securities on factors.etf_symbol = securities.symbol
    -- through the key of the panel, factor by factor
    cross join
        lateral (
            select
                panel.session_no,
                panel.session_date,
                panel.daily_return
            from {{ ref('int_security_panel') }} as panel
            where
                panel.symbol_id = securities.symbol_id
                and panel.session_no between run.market_session_no - 59 and run.market_session_no
            offset 0 -- noqa: AM09
        ) as panel
    where panel.daily_return is not null

),

yields as (

    select
        factors.factor_no,
        sessions.session_no,
        sessions.session_date,
        yields.yield_percent
    from factors
    cross join run
    inner join {{ ref('stg_market__treasury_yields') }} as yields on factors.tenor_months = yields.tenor_months
    inner join {{ ref('stg_calendar__sessions') }} as sessions on yields.yield_date = sessions.session_date
    where sessions.session_no between run.market_session_no - 60 and run.market_session_no

),

-- the change of a yield from one session to the next, in percentage points; a gap is never bridged
yield_changes as (

    select
        newer.factor_no,
        newer.session_no,
        newer.session_date,
        -- in whole steps of the published decimals, so that equal changes are equal
        cast(round(cast(newer.yield_percent - older.yield_percent as numeric), 10) as double precision) as change
    from yields as newer
    inner join yields as older on newer.factor_no = older.factor_no and newer.session_no - 1 = older.session_no

)

select
    factor_no,
    session_no,
    session_date,
    change
from etf_changes
union all
select
    factor_no,
    session_no,
    session_date,
    change
from yield_changes

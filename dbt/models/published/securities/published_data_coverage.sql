-- one row per symbol that anybody holds or needs: how complete its last 90 sessions are at the market date
-- depends_on: {{ ref('int_run') }}
{{ config(alias='data_coverage', key=['symbol_id'], scope='changed') }}
with run as (

    select * from {{ ref('int_run') }}

),

securities as (

    select * from {{ ref('stg_market__securities') }}

),

wanted as (

    select symbol_id from {{ ref('stg_accounts__positions') }}
    union
    select underlying_symbol_id from {{ ref('stg_accounts__positions') }}
    where underlying_symbol_id is not null
    union
    select securities.symbol_id
    from securities
    left join {{ ref('factors') }} as factors on securities.symbol = factors.etf_symbol
    where securities.is_universe or factors.factor_no is not null

),

-- the ends of a history through the index, not by reading it
spans as (

    select
        wanted.symbol_id,
        first_bar.session_no as first_session_no,
        first_bar.session_date as first_session,
        last_bar.session_date as last_session
    from wanted
    cross join run
    left join lateral (
        select
            bars.session_no,
            bars.session_date
        from {{ ref('stg_market__bars') }} as bars
        where bars.symbol_id = wanted.symbol_id and bars.session_date <= run.market_date
        order by bars.session_date
        limit 1
    ) as first_bar on true
    left join lateral (
        select bars.session_date
        from {{ ref('stg_market__bars') }} as bars
        where bars.symbol_id = wanted.symbol_id and bars.session_date <= run.market_date
        order by bars.session_date desc
        limit 1
    ) as last_bar on true

),

window_start as (

    select sessions.session_date
    from {{ ref('stg_calendar__sessions') }} as sessions
    inner join run on sessions.session_no = run.market_session_no - 89

),

recent as (

    select
        wanted.symbol_id,
        bars.actual_90
    from wanted
    cross join run
    cross join window_start
    -- through the key of the bars, symbol by symbol
    cross join
        lateral (
            select count(*) as actual_90
            from {{ ref('stg_market__bars') }} as bars
            where
                bars.symbol_id = wanted.symbol_id
                and bars.session_date between window_start.session_date and run.market_date
        ) as bars

),

counted as (

    select
        spans.symbol_id,
        spans.first_session,
        spans.last_session,
        run.market_date,
        cast(
            least(90, run.market_session_no - coalesce(spans.first_session_no, 0) + 1) as integer
        ) as expected_90,
        cast(coalesce(recent.actual_90, 0) as integer) as actual_90,
        securities.support,
        securities.support_reason
    from spans
    cross join run
    inner join securities on spans.symbol_id = securities.symbol_id
    left join recent on spans.symbol_id = recent.symbol_id

)

select
    symbol_id,
    first_session,
    last_session,
    expected_90,
    actual_90,
    cast(actual_90 as double precision) / expected_90 as coverage_90,
    expected_90 - actual_90 as missing_sessions,
    case when actual_90 = 0 then 'unavailable' when actual_90 < expected_90 then 'partial' else 'ok' end as status,
    case
        when actual_90 = expected_90 then null
        when support = 'unsupported' then coalesce(support_reason, 'no provider has this symbol')
        when last_session is null then 'no bar was ever loaded'
        -- from the data alone, so that it reads the same whether the days came one by one or at once;
        -- raw.quarantine holds what was refused
        else concat(
            expected_90 - actual_90, ' of the last ', expected_90, ' sessions without a bar',
            case when last_session < market_date then concat(', none after ', last_session) end
        )
    end as reason
from counted

-- one row per finding about the data behind the figures, as of the market date; what is in order has none
with visible as (

    select * from ops.visible_run()

),

coverage as (

    select
        coverage.*,
        securities.symbol,
        securities.support,
        securities.support_reason,
        securities.kind as security_kind,
        v.market_session_no - sessions.session_no as sessions_behind,
        occ.expiration_date < v.market_date as is_expired
    from {{ ref('published_data_coverage') }} as coverage
    inner join visible as v on {{ is_visible('coverage') }}
    inner join {{ ref('stg_market__securities') }} as securities on coverage.symbol_id = securities.symbol_id
    left join {{ ref('stg_calendar__sessions') }} as sessions on coverage.last_session = sessions.session_date
    left join
        lateral finance.parse_occ(securities.symbol) as occ
        on securities.kind = 'option'

),

-- of what is expected to have a price today
alive as (

    select * from coverage
    where is_expired is not true and support <> 'unsupported'

),

-- the open lots, and what their mark is
held as (

    select
        lots.symbol,
        lots.portfolio_id,
        daily_values.price_source,
        v.market_date
    from {{ ref('published_lots') }} as lots
    inner join visible as v on {{ is_visible('lots') }}
    inner join
        {{ ref('published_position_daily_values') }} as daily_values
        on
            lots.portfolio_id = daily_values.portfolio_id
            and lots.position_id = daily_values.position_id
            and v.market_session_no = daily_values.session_no
            and {{ is_visible('daily_values') }}
    where
        coalesce(lots.closed_session_no > v.market_session_no, true)
        and coalesce(lots.expiration_session_no >= v.market_session_no, true)

),

findings as (

    select
        'coverage' as kind,
        case when alive.actual_90 = 0 then 'critical' else 'warning' end as severity,
        alive.symbol,
        cast(null as uuid) as portfolio_id,
        alive.last_session as session_date,
        alive.reason as detail
    from alive
    where alive.coverage_90 < {{ var('minimum_coverage') }}

    union all

    select
        'stale' as kind,
        case when alive.sessions_behind >= 2 and alive.security_kind <> 'option' then 'critical' else 'warning' end,
        alive.symbol,
        null,
        alive.last_session,
        concat(
            'no price for ',
            alive.sessions_behind,
            case when alive.sessions_behind = 1 then ' session' else ' sessions' end
        )
    from alive
    where alive.sessions_behind >= 1

    union all

    select
        'unsupported' as kind,
        'warning' as severity,
        coverage.symbol,
        null,
        coverage.last_session,
        coalesce(coverage.support_reason, 'no provider has this symbol')
    from coverage
    where coverage.support = 'unsupported' and coverage.is_expired is not true

    union all

    select
        'suspicious_return' as kind,
        'warning' as severity,
        coverage.symbol,
        null,
        prices.session_date,
        concat('a return of ', round(cast(100 * prices.daily_return as numeric), 1), ' % in one session')
    from coverage
    cross join visible as v
    -- through the key of the prices, symbol by symbol
    cross join
        lateral (
            select
                returns.session_date,
                returns.daily_return
            from {{ ref('published_security_daily_prices') }} as returns
            where
                returns.symbol_id = coverage.symbol_id
                and returns.session_no between v.market_session_no - 89 and v.market_session_no
                and abs(returns.daily_return) > {{ var('suspicious_return') }}
                and {{ is_visible('returns') }}
        ) as prices
    where coverage.security_kind <> 'option'

    union all

    select
        case held.price_source when 'entry' then 'no_price' else 'old_price' end as kind,
        case held.price_source when 'entry' then 'critical' else 'warning' end,
        held.symbol,
        held.portfolio_id,
        held.market_date,
        case held.price_source
            when 'entry' then 'no close is known; valued at the entry price'
            else 'valued at a close that is more than four sessions old'
        end
    from held
    where held.price_source in ('entry', 'last_known')
    group by held.price_source, held.symbol, held.portfolio_id, held.market_date

    union all

    select
        incidents.kind,
        'warning' as severity,
        incidents.symbol,
        null,
        incidents.session_date,
        incidents.detail
    from ops.data_incidents() as incidents

)

select
    -- what lasts from day to day stays the same finding
    md5(
        concat_ws(
            '|', findings.kind, findings.symbol, findings.portfolio_id,
            case when findings.portfolio_id is null then findings.session_date end
        )
    ) as finding_id,
    findings.kind,
    findings.severity,
    findings.symbol,
    findings.portfolio_id,
    findings.session_date,
    findings.detail,
    v.is_simulated,
    v.run_id
from findings
cross join visible as v

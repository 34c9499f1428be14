-- one row per portfolio: how complete the prices behind its figures of the market date are
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_data_quality', key=['portfolio_id', 'session_no'],
    scope='portfolio_cross_section', session='market_session_no', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

touched as (

    select * from {{ ref('int_touched_portfolios') }}

),

held as (

    select
        position_days.portfolio_id,
        position_days.symbol_id,
        position_days.risk_symbol_id,
        position_days.price_source,
        position_days.price_source in ('last_known', 'entry')
        or position_days.delta_adjusted_exposure is null as is_partial
    from {{ ref('int_position_days') }} as position_days
    inner join run on position_days.session_no = run.market_session_no
    where not position_days.is_settlement

),

-- each symbol counts once, and so does what options stand on
symbols as (

    select
        portfolio_id,
        symbol_id
    from held
    union
    select
        portfolio_id,
        risk_symbol_id
    from held

),

coverages as (

    select
        symbols.portfolio_id,
        avg(coverage.coverage_90) as coverage_pct
    -- in one order, so that means come out the same to the last bit
    from (
        select
            portfolio_id,
            symbol_id
        from symbols
        order by portfolio_id, symbol_id
    ) as symbols
    inner join {{ ref('published_data_coverage') }} as coverage
        on symbols.symbol_id = coverage.symbol_id and coverage.superseded_by_run is null
    group by symbols.portfolio_id

),

marks as (

    select
        held.portfolio_id,
        array_agg(distinct securities.symbol order by securities.symbol)
        filter (where held.price_source in ('stale', 'last_known')) as stale_symbols,
        array_agg(distinct securities.symbol order by securities.symbol)
        filter (where held.price_source = 'entry') as missing_symbols,
        bool_or(held.is_partial) as is_partial
    from held
    inner join {{ ref('stg_market__securities') }} as securities on held.symbol_id = securities.symbol_id
    group by held.portfolio_id

)

select
    touched.portfolio_id,
    run.market_session_no as session_no,
    coverages.coverage_pct,
    coalesce(marks.stale_symbols, array[]::text[]) as stale_symbols,
    coalesce(marks.missing_symbols, array[]::text[]) as missing_symbols,
    case when marks.is_partial or coverages.coverage_pct < 1 then 'partial' else 'ok' end as status,
    case
        when marks.missing_symbols is not null then 'a position has no price and is valued at its entry price'
        when marks.is_partial then 'a position is valued at its last known price, or its underlying has no price'
        when coverages.coverage_pct < 1 then 'sessions of the last 90 have no price'
    end as reason
from touched
cross join run
left join coverages on touched.portfolio_id = coverages.portfolio_id
left join marks on touched.portfolio_id = marks.portfolio_id

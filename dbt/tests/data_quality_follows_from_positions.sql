-- a portfolio's data quality is that of the lots which `positions` shows, and of the symbols in `data_coverage`
with run as (

    select * from ops.visible_run()

),

held as (

    select * from {{ ref('positions') }}
    where is_open

),

symbols as (

    select
        portfolio_id,
        symbol
    from held
    union
    select
        portfolio_id,
        underlying_symbol
    from held
    where underlying_symbol is not null

),

-- once: a planner that expects one row would sum up again for each portfolio
coverages as materialized (

    select
        symbols.portfolio_id,
        avg(coverage.coverage_90) as coverage_pct
    from symbols
    inner join {{ ref('data_coverage') }} as coverage on symbols.symbol = coverage.symbol
    group by symbols.portfolio_id

),

marks as materialized (

    select
        portfolio_id,
        array_agg(distinct symbol) filter (where price_source in ('stale', 'last_known')) as stale_symbols,
        array_agg(distinct symbol) filter (where price_source = 'entry') as missing_symbols,
        bool_or(status <> 'ok') as is_partial
    from held
    group by portfolio_id

)

select quality.portfolio_id
from {{ ref('portfolio_data_quality') }} as quality
inner join run on quality.run_id = run.run_id
left join coverages on quality.portfolio_id = coverages.portfolio_id
left join marks on quality.portfolio_id = marks.portfolio_id
where
    coalesce(abs(quality.coverage_pct - coverages.coverage_pct) > 1e-12, quality.coverage_pct is distinct from coverages.coverage_pct)
    or quality.stale_symbols <> coalesce(marks.stale_symbols, array[]::text[])
    or quality.missing_symbols <> coalesce(marks.missing_symbols, array[]::text[])
    or (quality.status = 'ok') <> (not coalesce(marks.is_partial or coverages.coverage_pct < 1, false))

-- one row per symbol with short interest and session: how crowded the short is against the universe, within -3 and 3
--   days to cover = shares sold short / average volume of 20 sessions, both in shares of one day, so that splits cancel
{{ config(indexes=[{'columns': ['symbol_id', 'session_no'], 'unique': true}]) }}
with run as (

    select * from {{ ref('int_run') }}

),

bounds as (

    select
        greatest(
            run.horizon_session_no,
            (
                select min(touched_portfolios.first_session_no)
                from {{ ref('int_touched_portfolios') }} as touched_portfolios
            )
        ) as first_session_no,
        run.last_session_no
    from run

),

reports as (

    select
        *,
        coalesce(lead(settlement_date) over (partition by symbol_id order by settlement_date), date '9999-12-31')
            as until_date
    from {{ ref('stg_market__short_interest') }}

),

shorted as (

    select distinct symbol_id from reports

),

splits as (

    select
        splits.symbol_id,
        sessions.session_date,
        coalesce(lead(sessions.session_date) over symbol_splits, date '9999-12-31') as until_date,
        {{ product('splits.split_ratio', 'symbol_splits') }} as split_ratio
    from {{ ref('int_splits') }} as splits
    inner join {{ ref('stg_calendar__sessions') }} as sessions on splits.session_no = sessions.session_no
    window symbol_splits as (partition by splits.symbol_id order by splits.session_no)

),

-- averages are taken in the order of sessions and of symbols, so that they come out the same to the last bit
volumes as (

    select
        sessions.session_no,
        sessions.session_date,
        shorted.symbol_id,
        bars.volume / coalesce(splits.split_ratio, 1) as volume
    from bounds
    inner join {{ ref('stg_calendar__sessions') }} as sessions
        on sessions.session_no between bounds.first_session_no - 19 and bounds.last_session_no
    cross join shorted
    left join {{ ref('stg_market__bars') }} as bars
        on shorted.symbol_id = bars.symbol_id and sessions.session_no = bars.session_no
    left join splits
        on
            shorted.symbol_id = splits.symbol_id
            and sessions.session_date >= splits.session_date
            and sessions.session_date < splits.until_date

),

average_volumes as (

    select
        session_no,
        session_date,
        symbol_id,
        avg(volume) over (partition by symbol_id order by session_no rows between 19 preceding and current row)
            as average_volume
    from volumes

),

days_to_cover as (

    select
        average_volumes.session_no,
        average_volumes.symbol_id,
        reports.short_interest_shares
        / coalesce(splits.split_ratio, 1)
        / nullif(average_volumes.average_volume, 0) as days_to_cover
    from average_volumes
    inner join bounds on average_volumes.session_no >= bounds.first_session_no
    inner join reports
        on
            average_volumes.symbol_id = reports.symbol_id
            and average_volumes.session_date >= reports.settlement_date
            and average_volumes.session_date < reports.until_date
    left join splits
        on
            reports.symbol_id = splits.symbol_id
            and reports.settlement_date >= splits.session_date
            and reports.settlement_date < splits.until_date

),

in_order as (

    select * from days_to_cover
    {{ in_order('session_no, symbol_id') }}

),

universe as (

    select
        session_no,
        count(days_to_cover) as symbol_count,
        avg(days_to_cover) as mean_days_to_cover,
        stddev_samp(days_to_cover) as stddev_days_to_cover
    from in_order
    group by session_no

)

select
    days_to_cover.session_no,
    days_to_cover.symbol_id,
    days_to_cover.days_to_cover,
    cast(universe.symbol_count as integer) as symbol_count,
    greatest(-3, least(
        3,
        (days_to_cover.days_to_cover - universe.mean_days_to_cover) / nullif(universe.stddev_days_to_cover, 0)
    )) as z_score
from days_to_cover
inner join universe on days_to_cover.session_no = universe.session_no
where days_to_cover.days_to_cover is not null and universe.stddev_days_to_cover > 0

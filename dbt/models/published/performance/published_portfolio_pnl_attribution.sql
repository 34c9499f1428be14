-- one row per portfolio, period, kind of group and group: its share of the P&L of the period, as of the last session
--   the rows of one kind are a partition: they sum to the P&L of the period. A lot with several tags counts in each of them;
--   the row `counted more than once` takes that back. What no factor explains is `specific`.
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_pnl_attribution', key=['portfolio_id', 'period', 'group_kind', 'group_key'],
    scope='portfolio_changed', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

periods as (

    select * from {{ ref('int_attribution_periods') }}

),

lots as (

    select lots.*
    from {{ ref('published_lots') }} as lots
    inner join {{ ref('int_touched_portfolios') }} as touched on lots.portfolio_id = touched.portfolio_id
    where lots.superseded_by_run is null

),

lot_pnl as (

    select
        period_pnl.portfolio_id,
        period_pnl.period,
        period_pnl.position_id,
        period_pnl.pnl,
        lots.symbol,
        lots.position_type,
        coalesce(lots.sector, 'Unassigned') as sector,
        lots.tags,
        lots.entry_session_no
    from {{ ref('int_lot_period_pnl') }} as period_pnl
    inner join lots on period_pnl.position_id = lots.position_id

),

grouped as (

    select
        portfolio_id,
        period,
        group_kind,
        group_key,
        group_name,
        sum(pnl) as pnl
    from (
        select
            lot_pnl.portfolio_id,
            lot_pnl.period,
            part.group_kind,
            part.group_key,
            part.group_name,
            part.pnl
        from lot_pnl
        cross join
            lateral (
                select
                    'position' as group_kind,
                    cast(lot_pnl.position_id as text) as group_key,
                    lot_pnl.symbol as group_name,
                    lot_pnl.pnl
                union all
                select
                    'type',
                    lot_pnl.position_type as group_key,
                    lot_pnl.position_type as group_name,
                    lot_pnl.pnl
                union all
                select
                    'sector',
                    lot_pnl.sector as group_key,
                    lot_pnl.sector as group_name,
                    lot_pnl.pnl
                union all
                select
                    'tag',
                    'tag: ' || tags.tag,
                    tags.tag,
                    lot_pnl.pnl
                from unnest(lot_pnl.tags) as tags (tag)
                union all
                select
                    'tag',
                    'untagged',
                    'untagged',
                    lot_pnl.pnl
                where cardinality(lot_pnl.tags) = 0
                union all
                select
                    'tag',
                    'counted more than once',
                    'counted more than once',
                    -lot_pnl.pnl * (cardinality(lot_pnl.tags) - 1)
                where cardinality(lot_pnl.tags) > 1
            ) as part
        -- in the order of the lots, so that sums come out the same to the last bit
        order by
            lot_pnl.portfolio_id, lot_pnl.period, part.group_kind, part.group_key, lot_pnl.entry_session_no,
            lot_pnl.symbol, lot_pnl.position_id
    ) as in_order
    group by portfolio_id, period, group_kind, group_key, group_name

),

totals as (

    select
        daily_views.portfolio_id,
        periods.period,
        periods.first_session_no,
        periods.first_session_date,
        sum(daily_views.daily_pnl order by daily_views.session_no) as pnl,
        (array_agg(daily_views.nav - daily_views.daily_pnl order by daily_views.session_no))[1] as opening_nav,
        count(*) as session_count
    from {{ ref('published_portfolio_daily_views') }} as daily_views
    inner join {{ ref('int_touched_portfolios') }} as touched on daily_views.portfolio_id = touched.portfolio_id
    inner join periods on daily_views.session_no between periods.first_session_no and periods.last_session_no
    where daily_views.superseded_by_run is null and daily_views.view_name = 'portfolio'
    group by daily_views.portfolio_id, periods.period, periods.first_session_no, periods.first_session_date

),

by_factor as (

    select
        factor_pnl.portfolio_id,
        factor_pnl.period,
        factors.factor_name as group_key,
        factor_pnl.pnl,
        factor_pnl.n_obs
    from {{ ref('int_factor_period_pnl') }} as factor_pnl
    inner join {{ ref('factors') }} as factors on factor_pnl.factor_no = factors.factor_no
    union all
    select
        totals.portfolio_id,
        totals.period,
        'specific' as group_key,
        totals.pnl - coalesce(sum(factor_pnl.pnl order by factor_pnl.factor_no), 0),
        coalesce(max(factor_pnl.n_obs), 0)
    from totals
    left join {{ ref('int_factor_period_pnl') }} as factor_pnl
        on totals.portfolio_id = factor_pnl.portfolio_id and totals.period = factor_pnl.period
    group by totals.portfolio_id, totals.period, totals.pnl

),

together as (

    select
        portfolio_id,
        period,
        group_kind,
        group_key,
        group_name,
        pnl,
        null as n_obs
    from grouped
    union all
    select
        portfolio_id,
        period,
        'factor' as group_kind,
        by_factor.group_key,
        by_factor.group_key as group_name,
        pnl,
        n_obs
    from by_factor

)

select
    together.portfolio_id,
    together.period,
    together.group_kind,
    together.group_key,
    together.group_name,
    run.last_session_no as session_no,
    market.session_date,
    totals.first_session_date as start_date,
    together.pnl,
    case
        when totals.opening_nav > 0 then together.pnl / totals.opening_nav
    end as contribution,
    totals.pnl as period_pnl,
    cast(totals.session_count as integer) as session_count,
    cast(coalesce(together.n_obs, totals.session_count) as integer) as n_obs,
    case
        when together.n_obs < totals.session_count then 'partial'
        else 'ok'
    end as status,
    case
        when
            together.n_obs < totals.session_count
            then 'on some sessions no exposure to the factors is known; what they earned is specific'
    end as reason
from together
cross join run
inner join totals on together.portfolio_id = totals.portfolio_id and together.period = totals.period
inner join {{ ref('stg_calendar__sessions') }} as market on run.last_session_no = market.session_no

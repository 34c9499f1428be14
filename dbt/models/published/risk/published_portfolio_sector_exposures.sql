-- one row per portfolio and sector held, on the market date: long, short, gross and net exposure
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_sector_exposures', key=['portfolio_id', 'session_no', 'sector'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

views as (

    select * from {{ ref('int_risk_views') }}
    where view_name = 'portfolio'

),

-- in the order of the lots, so that sums come out the same to the last bit
lots as (

    select
        position_days.portfolio_id,
        coalesce(securities.sector, 'unassigned') as sector,
        securities.sector is not null as is_assigned,
        position_days.delta_adjusted_exposure as exposure,
        position_days.is_unsound,
        position_days.is_adjustment_unknown
    from {{ ref('int_position_days') }} as position_days
    cross join run
    inner join {{ ref('stg_market__securities') }} as securities
        on position_days.risk_symbol_id = securities.symbol_id
    where
        position_days.is_output
        and not position_days.is_settlement
        and position_days.session_no = run.last_session_no
    order by position_days.portfolio_id, sector, position_days.lot_no

),

sectors as (

    select
        portfolio_id,
        sector,
        is_assigned,
        cast(count(*) as integer) as position_count,
        case when count(exposure) > 0 then coalesce(sum(exposure) filter (where exposure > 0), 0) end as long_exposure,
        case when count(exposure) > 0 then coalesce(sum(exposure) filter (where exposure < 0), 0) end as short_exposure,
        count(*) - count(exposure) as unknown_count,
        count(*) filter (where is_unsound) as unsound_count,
        count(*) filter (where is_adjustment_unknown) as unknown_adjustment_count
    from lots
    group by portfolio_id, sector, is_assigned

)

select
    sectors.portfolio_id,
    views.session_no,
    views.session_date,
    sectors.sector,
    sectors.is_assigned,
    sectors.position_count,
    sectors.long_exposure,
    sectors.short_exposure,
    sectors.long_exposure - sectors.short_exposure as gross_exposure,
    sectors.long_exposure + sectors.short_exposure as net_exposure,
    case when views.nav > 0 then (sectors.long_exposure - sectors.short_exposure) / views.nav end as gross_share,
    case when views.nav > 0 then (sectors.long_exposure + sectors.short_exposure) / views.nav end as net_share,
    case
        when sectors.long_exposure is null then 'unavailable'
        when
            views.nav <= 0
            or sectors.unknown_count > 0
            or sectors.unsound_count > 0
            or sectors.unknown_adjustment_count > 0
            then 'partial'
        else 'ok'
    end as status,
    case
        when sectors.unknown_count > 0 then 'the underlying of an option has no price'
        when views.nav <= 0 then 'NAV is not positive, so there is no share of it'
        when sectors.unknown_adjustment_count > 0
            then 'an option was adjusted by a split in a way that is not known'
        when sectors.unsound_count > 0 then 'a position is valued at its last known or entry price'
    end as reason
from sectors
inner join views on sectors.portfolio_id = views.portfolio_id

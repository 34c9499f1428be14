-- one row per portfolio, view and fall from a running peak within the sessions that are kept: the ten deepest, as of the last session
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_drawdowns', key=['portfolio_id', 'session_no', 'view_name', 'drawdown_no'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

indexed as (

    select
        daily_views.portfolio_id,
        daily_views.view_name,
        daily_views.session_no,
        finance.product(1 + daily_views.daily_return) over returns as index_value,
        first_value(daily_views.session_no) over returns - 1 as base_session_no
    from {{ ref('published_portfolio_daily_views') }} as daily_views
    inner join {{ ref('int_touched_portfolios') }} as touched on daily_views.portfolio_id = touched.portfolio_id
    cross join run
    where
        daily_views.superseded_by_run is null
        and daily_views.daily_return is not null
        and daily_views.session_no between run.horizon_session_no and run.last_session_no
    window returns as (
        partition by daily_views.portfolio_id, daily_views.view_name
        order by daily_views.session_no rows unbounded preceding
    )

),

peaked as (

    select
        *,
        greatest(1, max(index_value) over returns) as peak_value
    from indexed
    window returns as (partition by portfolio_id, view_name order by session_no rows unbounded preceding)

),

-- a fall is what lies between two sessions at the peak
numbered as (

    select
        *,
        count(*) filter (where index_value >= peak_value) over returns as fall_no,
        case when peak_value > 0 then index_value / peak_value - 1 end as depth
    from peaked
    window returns as (partition by portfolio_id, view_name order by session_no rows unbounded preceding)

),

falls as (

    select
        portfolio_id,
        view_name,
        fall_no,
        coalesce(max(session_no) filter (where index_value >= peak_value), min(base_session_no)) as peak_session_no,
        (array_agg(session_no order by depth, session_no))[1] as trough_session_no,
        min(depth) as depth,
        max(session_no) as last_session_no
    from numbered
    group by portfolio_id, view_name, fall_no

),

recovered as (

    select
        falls.*,
        recovery.peak_session_no as recovery_session_no
    from falls
    left join falls as recovery
        on
            falls.portfolio_id = recovery.portfolio_id
            and falls.view_name = recovery.view_name
            and falls.fall_no + 1 = recovery.fall_no
    where falls.depth < 0

),

ranked as (

    select
        *,
        row_number() over (partition by portfolio_id, view_name order by depth, peak_session_no) as drawdown_no
    from recovered

)

select
    ranked.portfolio_id,
    ranked.view_name,
    cast(ranked.drawdown_no as integer) as drawdown_no,
    run.last_session_no as session_no,
    market.session_date,
    ranked.depth,
    peak.session_date as peak_date,
    trough.session_date as trough_date,
    recovery.session_date as recovery_date,
    ranked.trough_session_no - ranked.peak_session_no as sessions_to_trough,
    ranked.recovery_session_no - ranked.trough_session_no as sessions_to_recovery,
    coalesce(ranked.recovery_session_no, ranked.last_session_no) - ranked.peak_session_no as length_sessions
from ranked
cross join run
inner join {{ ref('stg_calendar__sessions') }} as market on run.last_session_no = market.session_no
inner join {{ ref('stg_calendar__sessions') }} as peak on ranked.peak_session_no = peak.session_no
inner join {{ ref('stg_calendar__sessions') }} as trough on ranked.trough_session_no = trough.session_no
left join {{ ref('stg_calendar__sessions') }} as recovery on ranked.recovery_session_no = recovery.session_no
where ranked.drawdown_no <= 10

-- one row per rule of a touched portfolio and kept session since it is in force: the figure that it limits
--   shares of NAV, delta-adjusted; the depth of a drawdown is positive; null where the figure is unknown
with run as (

    select * from {{ ref('int_run') }}

),

rules as (

    select rules.*
    from {{ ref('stg_accounts__limit_rules') }} as rules
    inner join {{ ref('int_touched_portfolios') }} as touched on rules.portfolio_id = touched.portfolio_id

),

daily_views as (

    select daily_views.*
    from {{ ref('published_portfolio_daily_views') }} as daily_views
    cross join run
    where
        daily_views.superseded_by_run is null
        and daily_views.view_name = 'portfolio'
        and daily_views.portfolio_id in (select rules.portfolio_id from rules)
        and daily_views.session_no between run.horizon_session_no and run.last_session_no

),

-- only where a rule looks at single holdings, and from when on
looked_at as (

    select
        rules.portfolio_id,
        min(sessions.session_no) as session_no
    from rules
    inner join {{ ref('stg_calendar__sessions') }} as sessions on rules.effective_from <= sessions.session_date
    cross join run
    where
        rules.metric in ('concentration', 'sector_exposure')
        and sessions.session_no between run.horizon_session_no and run.last_session_no
    group by rules.portfolio_id

),

holdings as (

    select
        in_order.portfolio_id,
        in_order.session_no,
        in_order.holding,
        in_order.sector,
        sum(in_order.exposure) as exposure,
        sum(abs(in_order.exposure)) as gross_exposure
    from (
        select
            daily_values.portfolio_id,
            daily_values.session_no,
            coalesce(lots.underlying_symbol, lots.symbol) as holding,
            coalesce(lots.sector, 'Unassigned') as sector,
            daily_values.delta_adjusted_exposure as exposure
        from {{ ref('published_position_daily_values') }} as daily_values
        inner join {{ ref('published_lots') }} as lots
            on daily_values.position_id = lots.position_id and lots.superseded_by_run is null
        inner join looked_at
            on
                daily_values.portfolio_id = looked_at.portfolio_id
                and daily_values.session_no >= looked_at.session_no
        cross join run
        where
            daily_values.superseded_by_run is null
            and daily_values.session_no <= run.last_session_no
        -- in one order, so that sums come out the same to the last bit
        order by daily_values.portfolio_id, daily_values.session_no, daily_values.position_id
    ) as in_order
    group by in_order.portfolio_id, in_order.session_no, in_order.holding, in_order.sector

),

largest as (

    select
        portfolio_id,
        session_no,
        max(abs(exposure)) as exposure
    from holdings
    group by portfolio_id, session_no

),

sectors as (

    select
        portfolio_id,
        session_no,
        sector,
        sum(gross_exposure order by holding) as exposure
    from holdings
    group by portfolio_id, session_no, sector

)

select
    rules.rule_id,
    rules.portfolio_id,
    rules.rule_name,
    rules.metric,
    rules.sector,
    rules.bound,
    rules.threshold,
    rules.priority,
    rules.effective_from,
    daily_views.session_no,
    daily_views.session_date,
    case
        when daily_views.nav <= 0 then null
        when rules.metric = 'gross_exposure'
            then (daily_views.delta_long_exposure - daily_views.delta_short_exposure) / daily_views.nav
        when rules.metric = 'net_exposure'
            then (daily_views.delta_long_exposure + daily_views.delta_short_exposure) / daily_views.nav
        when rules.metric = 'beta' then risk.beta
        when rules.metric = 'var_95_1d' then risk.var_95_1d_pct
        when rules.metric = 'drawdown' then abs(risk.max_drawdown_90d)
        when rules.metric = 'concentration' then coalesce(largest.exposure, 0) / daily_views.nav
        when rules.metric = 'sector_exposure' then coalesce(sectors.exposure, 0) / daily_views.nav
    end as figure
from rules
inner join daily_views
    on rules.portfolio_id = daily_views.portfolio_id and rules.effective_from <= daily_views.session_date
left join {{ ref('published_portfolio_daily_risk') }} as risk
    on
        daily_views.portfolio_id = risk.portfolio_id
        and risk.view_name = 'portfolio'
        and daily_views.session_no = risk.session_no
        and risk.superseded_by_run is null
left join largest
    on daily_views.portfolio_id = largest.portfolio_id and daily_views.session_no = largest.session_no
left join sectors
    on
        daily_views.portfolio_id = sectors.portfolio_id
        and daily_views.session_no = sectors.session_no
        and rules.sector = sectors.sector

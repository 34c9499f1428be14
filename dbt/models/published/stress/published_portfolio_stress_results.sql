-- one row per portfolio, view and scenario at the market date: the P&L, by the shocks as stated and by them together
-- depends_on: {{ ref('int_run') }}
{{ config(
    alias='portfolio_stress_results', key=['portfolio_id', 'session_no', 'view_name', 'scenario_id'],
    scope='cross_section', session='market_session_no', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

shocks as (

    select * from {{ ref('published_stress_shocks') }}
    where superseded_by_run is null and shock is not null

),

factors as (

    select
        factor_no,
        factor_name
    from {{ ref('factors') }}
    union all
    select
        factor_no,
        factor_name
    from {{ ref('macro_factors') }}

),

-- the ETF factors' exposures at the market date, and those to the macro factors
exposures as (

    select
        exposures.portfolio_id,
        exposures.view_name,
        exposures.factor_no,
        exposures.exposure_dollars,
        exposures.coverage,
        exposures.n_obs,
        exposures.status,
        exposures.reason
    from {{ ref('stg_accounts__portfolios') }} as portfolios
    cross join run
    -- through the key, portfolio by portfolio
    cross join
        lateral (
            select exposures.* from {{ ref('published_portfolio_factor_exposures') }} as exposures
            where
                exposures.portfolio_id = portfolios.portfolio_id
                and exposures.view_name in ('portfolio', 'longs', 'shorts')
                and exposures.session_no = run.market_session_no
                and exposures.superseded_by_run is null
            offset 0 -- noqa: AM09
        ) as exposures
    union all
    select
        macro.portfolio_id,
        macro.view_name,
        macro.factor_no,
        macro.exposure_dollars,
        macro.coverage,
        macro.n_obs,
        macro.status,
        macro.reason
    from {{ ref('published_portfolio_macro_exposures') }} as macro
    inner join run on macro.session_no = run.market_session_no
    where macro.superseded_by_run is null

),

linear as (

    select
        exposures.portfolio_id,
        exposures.view_name,
        shocks.scenario_id,
        count(*) = count(exposures.exposure_dollars) as is_known,
        count(*) = count(shocks.effective_shock) as is_joint,
        sum(exposures.exposure_dollars * shocks.shock order by shocks.factor_no) as direct_linear,
        sum(exposures.exposure_dollars * shocks.effective_shock order by shocks.factor_no) as joint_linear,
        min(exposures.coverage) as coverage,
        min(exposures.n_obs) as n_obs,
        min(shocks.n_obs) as joint_n_obs,
        bool_or(exposures.status = 'partial') as is_partial,
        -- of the first factor that lacks something
        (array_agg(
            concat(factors.factor_name, ': ', exposures.reason)
            order by exposures.status = 'unavailable' desc, shocks.factor_no
        ) filter (where exposures.status <> 'ok'))[1] as reason
    from exposures
    inner join shocks on exposures.factor_no = shocks.factor_no
    inner join factors on exposures.factor_no = factors.factor_no
    group by exposures.portfolio_id, exposures.view_name, shocks.scenario_id

),

adjustments as (

    select
        sides.portfolio_id,
        view_name.view_name,
        sides.scenario_id,
        sum(sides.direct_revaluation order by sides.side) as direct_revaluation,
        sum(sides.joint_revaluation order by sides.side) as joint_revaluation,
        sum(sides.direct_cap order by sides.side) as direct_cap,
        sum(sides.joint_cap order by sides.side) as joint_cap
    from {{ ref('int_stress_adjustments') }} as sides
    inner join (values ('portfolio'), ('longs'), ('shorts')) as view_name (view_name)
        on view_name.view_name in (sides.side, 'portfolio')
    group by sides.portfolio_id, view_name.view_name, sides.scenario_id

),

daily_views as (

    select daily_views.*
    from {{ ref('stg_accounts__portfolios') }} as portfolios
    cross join run
    -- through the key, portfolio by portfolio
    cross join
        lateral (
            select daily_views.* from {{ ref('published_portfolio_daily_views') }} as daily_views
            where
                daily_views.portfolio_id = portfolios.portfolio_id
                and daily_views.view_name in ('portfolio', 'longs', 'shorts')
                and daily_views.session_no = run.market_session_no
                and daily_views.superseded_by_run is null
            offset 0 -- noqa: AM09
        ) as daily_views

),

results as (

    select
        daily_views.portfolio_id,
        daily_views.view_name,
        linear.scenario_id,
        daily_views.session_no,
        daily_views.session_date,
        daily_views.nav,
        linear.coverage,
        linear.n_obs,
        linear.is_known,
        linear.is_joint,
        linear.is_partial,
        linear.reason,
        case when linear.is_known then linear.direct_linear end as direct_linear,
        case when linear.is_known then coalesce(adjustments.direct_revaluation, 0) end as direct_revaluation,
        case when linear.is_known then coalesce(adjustments.direct_cap, 0) end as direct_cap,
        case when linear.is_known and linear.is_joint then linear.joint_linear end as joint_linear,
        case when linear.is_known and linear.is_joint then coalesce(adjustments.joint_revaluation, 0) end
            as joint_revaluation,
        case when linear.is_known and linear.is_joint then coalesce(adjustments.joint_cap, 0) end as joint_cap
    from daily_views
    inner join linear
        on daily_views.portfolio_id = linear.portfolio_id and daily_views.view_name = linear.view_name
    left join adjustments
        on
            linear.portfolio_id = adjustments.portfolio_id
            and linear.view_name = adjustments.view_name
            and linear.scenario_id = adjustments.scenario_id

)

select
    portfolio_id,
    view_name,
    scenario_id,
    session_no,
    session_date,
    direct_linear + direct_revaluation + direct_cap as direct_pnl,
    joint_linear + joint_revaluation + joint_cap as joint_pnl,
    case when nav > 0 then (direct_linear + direct_revaluation + direct_cap) / nav end as direct_pnl_pct_nav,
    case when nav > 0 then (joint_linear + joint_revaluation + joint_cap) / nav end as joint_pnl_pct_nav,
    direct_revaluation,
    joint_revaluation,
    direct_cap,
    joint_cap,
    coverage,
    n_obs,
    case
        when not is_known or nav <= 0 then 'unavailable'
        when is_partial or not is_joint then 'partial'
        else 'ok'
    end as status,
    case
        when not is_known then reason
        when nav <= 0 then 'NAV is not positive, so there is no share of it'
        when not is_joint
            then 'what the shocked factors share cannot be told: too few sessions, or one follows from the others'
        else reason
    end as reason
from results

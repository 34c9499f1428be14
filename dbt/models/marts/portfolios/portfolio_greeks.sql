-- one row per portfolio, view and session
select
    daily_views.portfolio_id,
    daily_views.view_name as view,
    daily_views.session_date,
    daily_views.session_no,
    daily_views.delta,
    daily_views.gamma,
    daily_views.theta,
    daily_views.vega,
    coalesce(daily_views.greeks_source, 'mock') as greeks_source,
    daily_views.position_count,
    daily_views.option_count,
    case
        when daily_views.unknown_adjustment_count > 0 then 'partial'
        when daily_views.greeks_source = 'model' and daily_views.unknown_exposure_count > 0 then 'partial'
        else 'ok'
    end as status,
    case
        when
            daily_views.unknown_adjustment_count > 0
            then 'an option was adjusted by a split in a way that is not known'
        when
            daily_views.greeks_source = 'model' and daily_views.unknown_exposure_count > 0
            then 'an option''s Greeks are not known'
    end
        as reason,
    v.is_simulated,
    daily_views.run_id,
    daily_views.rho
from {{ ref('published_portfolio_daily_views') }} as daily_views
inner join ops.visible_run() as v on {{ is_visible('daily_views') }}
where daily_views.session_no between v.horizon_session_no and v.market_session_no

-- one row per portfolio and session
select
    daily_views.portfolio_id,
    daily_views.session_date,
    daily_views.session_no,
    daily_views.nav,
    daily_views.nav - daily_views.market_value as cash,
    daily_views.net_flow,
    daily_views.cumulative_flows,
    daily_views.long_exposure,
    daily_views.short_exposure,
    daily_views.long_exposure - daily_views.short_exposure as gross_exposure,
    daily_views.long_exposure + daily_views.short_exposure as net_exposure,
    daily_views.delta_long_exposure,
    daily_views.delta_short_exposure,
    daily_views.delta_long_exposure - daily_views.delta_short_exposure as delta_gross_exposure,
    daily_views.delta_long_exposure + daily_views.delta_short_exposure as delta_net_exposure,
    {%- for prefix in ['', 'delta_'] %}
    {%- for kind, formula in [
        ('long', 'daily_views.%slong_exposure'),
        ('short', 'daily_views.%sshort_exposure'),
        ('gross', '(daily_views.%slong_exposure - daily_views.%sshort_exposure)'),
        ('net', '(daily_views.%slong_exposure + daily_views.%sshort_exposure)'),
    ] %}
    case when daily_views.nav > 0 then {{ formula | replace('%s', prefix) }} / daily_views.nav end
        as {{ prefix }}{{ kind }}_exposure_pct_nav,
    {%- if kind != 'gross' %}
    coalesce(
        {{ formula | replace('%s', prefix) }}
        / nullif(daily_views.{{ prefix }}long_exposure - daily_views.{{ prefix }}short_exposure, 0),
        0
    ) as {{ prefix }}{{ kind }}_exposure_pct_gross,
    {%- endif %}
    {%- endfor %}
    {%- endfor %}
    daily_views.daily_pnl,
    daily_views.mtd_pnl,
    daily_views.ytd_pnl,
    daily_views.total_pnl,
    daily_views.unrealized_pnl,
    daily_views.realized_pnl,
    daily_views.daily_return,
    daily_views.position_count,
    daily_views.is_backfilled,
    case
        when
            daily_views.unknown_exposure_count > 0
            or daily_views.unsound_mark_count > 0
            or daily_views.unknown_adjustment_count > 0
            then 'partial'
        else 'ok'
    end as status,
    case
        when daily_views.unknown_exposure_count > 0 then 'the underlying of an option has no price'
        when
            daily_views.unknown_adjustment_count > 0
            then 'an option was adjusted by a split in a way that is not known'
        when daily_views.unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
    end as reason,
    v.is_simulated,
    daily_views.run_id
from {{ ref('published_portfolio_daily_views') }} as daily_views
inner join ops.visible_run() as v on {{ is_visible('daily_views') }}
where
    daily_views.view_name = 'portfolio'
    and daily_views.session_no between v.horizon_session_no and v.market_session_no

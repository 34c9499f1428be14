-- longs + shorts = portfolio, in value, exposures, P&L and Greeks
{% set sums = [
    'market_value', 'long_exposure', 'short_exposure', 'delta_long_exposure', 'delta_short_exposure', 'unrealized_pnl',
    'realized_pnl', 'daily_pnl', 'mtd_pnl', 'ytd_pnl', 'total_pnl', 'delta', 'gamma', 'theta', 'vega', 'position_count',
    'option_count', 'unsound_mark_count', 'unknown_exposure_count', 'unknown_adjustment_count',
] %}
select
    portfolio_id,
    session_date,
    count(*) as view_count
from {{ ref('published_portfolio_daily_views') }}
where run_id = (select run_id from ops.visible_run())
group by portfolio_id, session_date
having
    count(*) <> 3
    or count(distinct nav) <> 1
    {%- for name in sums %}
    or abs(sum(case when view_name = 'portfolio' then -{{ name }} else {{ name }} end))
    > 1e-9 * greatest(1, sum(abs({{ name }})), sum(long_exposure - short_exposure))
    {%- endfor %}

-- the parts of an option's P&L are its P&L, and the P&L is the one that the position shows
{{ config(meta={'engine': 'option_pnl'}) }}
select
    explained.position_id,
    explained.session_date
from {{ ref('option_pnl_explain') }} as explained
inner join ops.visible_run() as v on explained.run_id = v.run_id
left join {{ ref('position_daily_values') }} as shown
    on explained.position_id = shown.position_id and explained.session_no = shown.session_no
where
    abs(
        coalesce(explained.delta_pnl, 0) + coalesce(explained.gamma_pnl, 0) + coalesce(explained.theta_pnl, 0)
        + coalesce(explained.vega_pnl, 0) + explained.rest_pnl - explained.daily_pnl
    ) > 1e-9 * (
        1 + abs(explained.daily_pnl) + coalesce(abs(explained.delta_pnl), 0) + coalesce(abs(explained.gamma_pnl), 0)
        + coalesce(abs(explained.theta_pnl), 0) + coalesce(abs(explained.vega_pnl), 0)
    )
    or explained.rest_pnl is null
    or shown.daily_pnl <> explained.daily_pnl

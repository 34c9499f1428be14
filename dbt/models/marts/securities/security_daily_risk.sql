-- one row per symbol and session with a bar
with panel as (

    select * from {{ ref('security_panel_even') }}
    union all
    select * from {{ ref('security_panel_odd') }}

)

select
    securities.symbol,
    panel.session_date,
    panel.session_no,
    panel.volatility_60d_annualized,
    panel.max_drawdown_90d,
    cast(panel.n_obs as integer) as n_obs,
    cast(panel.drawdown_n_obs as integer) as drawdown_n_obs,
    case
        when panel.volatility_60d_annualized is null then 'unavailable'
        when panel.n_obs < 60 then 'partial'
        else 'ok'
    end as status,
    case
        when panel.volatility_60d_annualized is null then 'fewer than 20 returns in the last 60 sessions'
        when panel.n_obs < 60 then 'fewer than 60 returns in the last 60 sessions'
    end as reason,
    v.is_simulated,
    panel.run_id
from panel
inner join ops.visible_run() as v on {{ is_visible('panel') }}
inner join {{ ref('stg_market__securities') }} as securities on panel.symbol_id = securities.symbol_id
where panel.has_bar and panel.session_no <= v.market_session_no

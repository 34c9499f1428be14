-- one row per symbol, factor and session with a bar
with panel as (

    select * from {{ ref('security_panel_even') }}
    union all
    select * from {{ ref('security_panel_odd') }}

)

select
    securities.symbol,
    factors.factor_name,
    panel.session_date,
    panel.session_no,
    figure.beta_60d,
    figure.n_obs,
    figure.r_squared,
    figure.std_error,
    case when figure.beta_60d is null then 'unavailable' when figure.n_obs < 60 then 'partial' else 'ok' end as status,
    case
        when figure.n_obs < {{ var('minimum_observations') }} then 'fewer than 20 sessions on which both have a return'
        when figure.beta_60d is null then 'the factor does not vary'
        when figure.n_obs < 60 then 'fewer than 60 sessions on which both have a return'
    end as reason,
    v.is_simulated,
    panel.run_id
from panel
inner join ops.visible_run() as v on {{ is_visible('panel') }}
inner join {{ ref('stg_market__securities') }} as securities on panel.symbol_id = securities.symbol_id
cross join
    lateral (
        values
        {%- for k in range(1, var('etf_factor_count') + 1) %}
        (
            {{ k }},
            panel.beta_{{ k }},
            cast(panel.n_obs_{{ k }} as integer),
            panel.r_squared_{{ k }},
            panel.std_error_{{ k }}
        ){{ "," if not loop.last }}
        {%- endfor %}
    ) as figure (factor_no, beta_60d, n_obs, r_squared, std_error)
inner join {{ ref('factors') }} as factors on figure.factor_no = factors.factor_no
where panel.has_bar and panel.session_no <= v.market_session_no

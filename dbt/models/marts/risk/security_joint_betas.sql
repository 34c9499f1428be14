-- one row per security and factor with an ETF, on the market date: the exposure with all factors in the model together
select
    securities.symbol,
    factors.factor_name,
    factors.factor_no,
    v.market_date as session_date,
    joint_betas.session_no,
    figure.joint_beta,
    joint_betas.n_obs,
    joint_betas.r_squared,
    finance.annualized_volatility(sqrt(joint_betas.specific_variance)) as specific_volatility_annualized,
    case when joint_betas.n_obs < 60 then 'partial' else 'ok' end as status,
    case
        when joint_betas.n_obs < 60 then 'fewer than 60 sessions on which it and all factors have a return'
    end as reason,
    v.is_simulated,
    joint_betas.run_id
from {{ ref('published_security_joint_betas') }} as joint_betas
inner join ops.visible_run() as v on {{ is_visible('joint_betas') }}
inner join {{ ref('stg_market__securities') }} as securities on joint_betas.symbol_id = securities.symbol_id
cross join
    lateral (
        values
        {%- for k in range(1, var('etf_factor_count') + 1) %}
        ({{ k }}, joint_betas.beta_{{ k }}){{ "," if not loop.last }}
        {%- endfor %}
    ) as figure (factor_no, joint_beta)
inner join {{ ref('factors') }} as factors on figure.factor_no = factors.factor_no
where joint_betas.session_no = v.market_session_no

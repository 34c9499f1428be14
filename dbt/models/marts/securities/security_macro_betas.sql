-- one row per symbol with a return in the last 60 sessions and macro factor, as of the market date
select
    securities.symbol,
    factors.factor_name,
    betas.session_date,
    betas.session_no,
    betas.beta_60d,
    betas.n_obs,
    betas.r_squared,
    betas.std_error,
    case when betas.beta_60d is null then 'unavailable' when betas.n_obs < 60 then 'partial' else 'ok' end as status,
    case
        when betas.n_obs < {{ var('minimum_observations') }}
            then 'fewer than 20 sessions on which both the symbol and the factor moved'
        when betas.beta_60d is null then 'the factor does not vary'
        when betas.n_obs < 60 then 'fewer than 60 sessions on which both the symbol and the factor moved'
    end as reason,
    factors.factor_no as display_order,
    v.is_simulated,
    betas.run_id
from {{ ref('published_security_macro_betas') }} as betas
inner join ops.visible_run() as v on {{ is_visible('betas') }}
inner join {{ ref('stg_market__securities') }} as securities on betas.symbol_id = securities.symbol_id
inner join {{ ref('macro_factors') }} as factors on betas.factor_no = factors.factor_no
where betas.session_no = v.market_session_no

-- one row per security, on the market date: its exposures to all factors together, and what they leave unexplained
-- depends_on: {{ ref('int_run') }}
{{ config(alias='security_joint_betas', key=['session_no', 'symbol_id'], scope='cross_section') }}
select
    joint_betas.symbol_id,
    run.last_session_no as session_no,
    joint_betas.n_obs,
    {%- for k in range(1, var('etf_factor_count') + 1) %}
    joint_betas.beta_{{ k }},
    {%- endfor %}
    joint_betas.specific_variance,
    joint_betas.r_squared
from {{ ref('int_joint_betas') }} as joint_betas
cross join {{ ref('int_run') }} as run

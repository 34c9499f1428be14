-- one row per portfolio, view and factor (the last one is specific), on the market date: its share of the variance of the joint factor model
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_factor_risk', key=['portfolio_id', 'session_no', 'view_name', 'factor_no'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
-- the linter loses the indent over the loops
-- noqa: disable=LT02,LT05,RF03
with views as (

    select * from {{ ref('int_risk_views') }}

),

factors as (

    select
        factor_no,
        factor_name
    from {{ ref('factors') }}
    where factor_no <= {{ var('etf_factor_count') }}
    union all
    select
        9,
        'Specific'

),

-- how the factors move together: the market apart, because what the others are beyond it does not move with it
covariances as (

    select
        {%- for j in range(1, var('etf_factor_count') + 1) %}
        {%- for k in range(j, var('etf_factor_count') + 1) %}
        covar_samp(factor_moves[{{ j }}], factor_moves[{{ k }}]) as covariance_{{ j }}_{{ k }},
        {%- endfor %}
        {%- endfor %}
        count(*) as n_obs
    from (
        select * from {{ ref('int_joint_factor_moves') }}
        where is_whole
        order by place
    ) as in_order

),

exposures as (

    select
        portfolio_id,
        view_name,
        sum(gross_exposure) filter (where n_obs is not null) as covered,
        min(n_obs) as n_obs,
        {%- for k in range(1, var('etf_factor_count') + 1) %}
        sum(exposure * beta_{{ k }}) as exposure_{{ k }},
        {%- endfor %}
        sum(exposure * exposure * specific_variance) as specific_variance
    from (
        select
            holdings.portfolio_id,
            holdings.view_name,
            holdings.exposure,
            holdings.gross_exposure,
            {%- for k in range(1, var('etf_factor_count') + 1) %}
            joint_betas.beta_{{ k }},
            {%- endfor %}
            joint_betas.specific_variance,
            joint_betas.n_obs
        from {{ ref('int_risk_holdings') }} as holdings
        left join {{ ref('int_joint_betas') }} as joint_betas on holdings.symbol_id = joint_betas.symbol_id
        order by holdings.portfolio_id, holdings.view_name, holdings.symbol_id
    ) as in_order
    group by portfolio_id, view_name

),

contributions as (

    select
        exposures.portfolio_id,
        exposures.view_name,
        exposures.covered,
        exposures.n_obs,
        {%- for j in range(1, var('etf_factor_count') + 1) %}
        exposures.exposure_{{ j }},
        exposures.exposure_{{ j }} * (
            {%- for k in range(1, var('etf_factor_count') + 1) %}
            {{ "+ " if not loop.first }}covariances.covariance_{{ [j, k] | min }}_{{ [j, k] | max }} * exposures.exposure_{{ k }}
            {%- endfor %}
        ) as contribution_{{ j }},
        {%- endfor %}
        exposures.specific_variance as contribution_9
    from exposures
    cross join covariances
    where covariances.n_obs >= {{ var('minimum_observations') }}

),

summed as (

    select
        contributions.*,
        -- greatest would take 0 for null
        case
            when contribution_9 is not null
                then greatest(
                    0,
                    {%- for k in range(1, var('etf_factor_count') + 1) %}
                    contribution_{{ k }} +
                    {%- endfor %}
                    contribution_9
                )
        end as model_variance
    from contributions

),

figures as (

    select
        summed.portfolio_id,
        summed.view_name,
        summed.covered,
        summed.n_obs,
        summed.model_variance,
        figure.factor_no,
        figure.exposure_dollars,
        figure.variance_contribution
    from summed
    cross join lateral (
        values
        {%- for k in range(1, var('etf_factor_count') + 1) %}
        ({{ k }}, summed.exposure_{{ k }}, summed.contribution_{{ k }}),
        {%- endfor %}
        (9, null, summed.contribution_9)
    ) as figure (factor_no, exposure_dollars, variance_contribution)

)

select
    views.portfolio_id,
    views.view_name,
    views.session_no,
    views.session_date,
    factors.factor_no,
    factors.factor_name,
    figures.exposure_dollars,
    case when views.nav > 0 then figures.exposure_dollars / views.nav end as exposure,
    figures.variance_contribution,
    figures.variance_contribution / nullif(figures.model_variance, 0) as share_of_variance,
    case
        when views.nav > 0 and figures.model_variance > 0
            then
                finance.annualized_volatility(figures.variance_contribution / sqrt(figures.model_variance)) / views.nav
    end as volatility_contribution,
    figures.model_variance,
    case when views.gross > 0 then coalesce(figures.covered, 0) / views.gross end as coverage,
    coalesce(figures.n_obs, 0) as n_obs,
    case
        when figures.variance_contribution is null then 'unavailable'
        when
            views.nav <= 0
            or figures.covered < views.gross
            or figures.n_obs < 60
            or views.unsound_mark_count > 0
            or views.unknown_exposure_count > 0
            or views.unknown_adjustment_count > 0
            then 'partial'
        else 'ok'
    end as status,
    case
        when views.gross = 0 and views.unknown_exposure_count = 0 then 'the view holds no position'
        when figures.variance_contribution is null then 'no position has 20 returns beside those of all factors'
        when views.nav <= 0 then 'NAV is not positive, so there is no share of it'
        when views.unknown_exposure_count > 0 then 'the underlying of an option has no price'
        when views.unknown_adjustment_count > 0 then 'an option was adjusted by a split in a way that is not known'
        when figures.covered < views.gross then 'positions without joint betas are left out'
        when views.unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
        when figures.n_obs < 60 then 'a joint beta has fewer than 60 observations'
    end as reason
from views
cross join factors
left join figures
    on
        views.portfolio_id = figures.portfolio_id
        and views.view_name = figures.view_name
        and factors.factor_no = figures.factor_no

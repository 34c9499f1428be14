-- one row per portfolio, view, kind of group (tag, sector, factor) and group, on the market date: its share of value at risk
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_risk_contributions', key=['portfolio_id', 'session_no', 'view_name', 'group_by', 'group_name', 'is_rest'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
-- the linter loses the indent over the loops; rows are sorted in place, just before the aggregate that wants the order
-- noqa: disable=LT02,ST05,AL08
with views as (

    select * from {{ ref('int_risk_views') }}

),

factors as (

    select * from {{ ref('factors') }}

),

-- in the order of the lots, so that sums come out the same to the last bit
lots as (

    select
        contributions.portfolio_id,
        contributions.view_name,
        contributions.delta_adjusted_exposure,
        contributions.component_var_95_1d,
        lots.sector,
        lots.tags
    from {{ ref('published_position_risk_contributions') }} as contributions
    inner join {{ ref('int_run') }} as run on contributions.session_no = run.last_session_no
    inner join {{ ref('int_touched_portfolios') }} as touched on contributions.portfolio_id = touched.portfolio_id
    inner join {{ ref('published_lots') }} as lots
        on contributions.position_id = lots.position_id and lots.superseded_by_run is null
    where contributions.superseded_by_run is null
    order by contributions.portfolio_id, contributions.view_name, contributions.position_id

),

grouped as (

    select
        lots.portfolio_id,
        lots.view_name,
        'sector' as group_by,
        coalesce(lots.sector, 'unassigned') as group_name,
        lots.sector is null as is_rest,
        1 as tag_count,
        lots.delta_adjusted_exposure,
        lots.component_var_95_1d
    from lots
    union all
    select
        lots.portfolio_id,
        lots.view_name,
        'tag',
        coalesce(tag.name, 'untagged'),
        tag.name is null,
        greatest(cardinality(lots.tags), 1),
        lots.delta_adjusted_exposure,
        lots.component_var_95_1d
    from lots
    left join lateral unnest(lots.tags) as tag (name) on true

),

lot_groups as (

    select
        portfolio_id,
        view_name,
        group_by,
        group_name,
        is_rest,
        cast(count(*) as integer) as position_count,
        sum(delta_adjusted_exposure) as delta_adjusted_exposure,
        sum(component_var_95_1d) as component_var_95_1d,
        sum(component_var_95_1d / tag_count) as divided_var_95_1d,
        count(*) - count(component_var_95_1d) as unknown_count
    from grouped
    group by portfolio_id, view_name, group_by, group_name, is_rest

),

-- factor by factor: the exposure of what takes part, and how the factor moved with the view's P&L
joint_exposures as (

    select
        portfolio_id,
        view_name
        {%- for k in range(1, var('etf_factor_count') + 1) %},
        sum(exposure * beta_{{ k }}) as exposure_{{ k }}
        {%- endfor %}
    from (
        select
            holdings.portfolio_id,
            holdings.view_name,
            holdings.exposure
            {%- for k in range(1, var('etf_factor_count') + 1) %},
            joint_betas.beta_{{ k }}
            {%- endfor %}
        from {{ ref('int_risk_holdings') }} as holdings
        inner join {{ ref('int_joint_betas') }} as joint_betas on holdings.symbol_id = joint_betas.symbol_id
        where holdings.takes_part
        order by holdings.portfolio_id, holdings.view_name, holdings.symbol_id
    ) as in_order
    group by portfolio_id, view_name

),

moves as (

    select
        views.portfolio_id,
        views.view_name
        {%- for k in range(1, var('etf_factor_count') + 1) %},
        covar_samp(in_order.factor_moves[{{ k }}], views.recent_pnl[in_order.place]) as covariance_{{ k }}
        {%- endfor %}
    from views
    inner join (
        select * from {{ ref('int_joint_factor_moves') }}
        where is_whole
        order by place
    ) as in_order on views.recent_pnl[in_order.place] <> 'NaN'
    where views.pnl_stddev is not null
    group by views.portfolio_id, views.view_name

),

factor_groups as (

    select
        views.portfolio_id,
        views.view_name,
        'factor' as group_by,
        factors.factor_name as group_name,
        false as is_rest,
        figure.exposure as delta_adjusted_exposure,
        finance.parametric_var_95(figure.exposure * figure.covariance / views.pnl_stddev) as component_var_95_1d
    from views
    inner join joint_exposures
        on views.portfolio_id = joint_exposures.portfolio_id and views.view_name = joint_exposures.view_name
    inner join moves on views.portfolio_id = moves.portfolio_id and views.view_name = moves.view_name
    cross join lateral (
        values
        {%- for k in range(1, var('etf_factor_count') + 1) %}
        ({{ k }}, joint_exposures.exposure_{{ k }}, moves.covariance_{{ k }}){{ "," if not loop.last }}
        {%- endfor %}
    ) as figure (factor_no, exposure, covariance)
    inner join factors on figure.factor_no = factors.factor_no

),

every_group as (

    select
        portfolio_id,
        view_name,
        group_by,
        group_name,
        is_rest,
        position_count,
        delta_adjusted_exposure,
        component_var_95_1d,
        divided_var_95_1d,
        unknown_count
    from lot_groups
    union all
    select
        portfolio_id,
        view_name,
        group_by,
        group_name,
        is_rest,
        null,
        delta_adjusted_exposure,
        component_var_95_1d,
        component_var_95_1d,
        0
    from factor_groups
    union all
    -- what the factors do not explain is the rest, whatever they are
    select
        views.portfolio_id,
        views.view_name,
        'factor',
        'specific',
        true,
        null,
        null,
        finance.parametric_var_95(views.pnl_stddev) - explained.component_var_95_1d,
        finance.parametric_var_95(views.pnl_stddev) - explained.component_var_95_1d,
        0
    from views
    inner join (
        select
            portfolio_id,
            view_name,
            sum(component_var_95_1d) as component_var_95_1d
        from (
            select * from factor_groups
            order by portfolio_id, view_name, group_name
        ) as in_order
        group by portfolio_id, view_name
    ) as explained on views.portfolio_id = explained.portfolio_id and views.view_name = explained.view_name

)

select
    every_group.portfolio_id,
    every_group.view_name,
    views.session_no,
    views.session_date,
    every_group.group_by,
    every_group.group_name,
    every_group.is_rest,
    every_group.position_count,
    every_group.delta_adjusted_exposure,
    every_group.component_var_95_1d,
    every_group.divided_var_95_1d,
    every_group.component_var_95_1d / nullif(every_group.delta_adjusted_exposure, 0) as marginal_var_95_1d,
    every_group.component_var_95_1d / finance.parametric_var_95(views.pnl_stddev) as share_of_var,
    case
        when every_group.component_var_95_1d is null then 'unavailable'
        when
            every_group.unknown_count > 0
            or views.covered < views.gross
            or views.n_obs < 60
            or views.unsound_mark_count > 0
            or views.unknown_exposure_count > 0
            or views.unknown_adjustment_count > 0
            then 'partial'
        else 'ok'
    end as status,
    case
        when views.n_obs < {{ var('minimum_observations') }}
            then 'fewer than 20 sessions on which every holding has a return'
        when views.pnl_stddev is null then 'the P&L of the view does not vary, so it has no shares'
        when every_group.component_var_95_1d is null then 'no lot of the group has 57 of 60 returns'
        when views.unknown_exposure_count > 0 then 'the underlying of an option has no price'
        when views.unknown_adjustment_count > 0 then 'an option was adjusted by a split in a way that is not known'
        when views.covered < views.gross then 'positions with fewer than 57 of 60 returns are left out'
        when views.unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
        when views.n_obs < 60 then 'fewer than 60 sessions on which every holding has a return'
    end as reason
from every_group
inner join views on every_group.portfolio_id = views.portfolio_id and every_group.view_name = views.view_name

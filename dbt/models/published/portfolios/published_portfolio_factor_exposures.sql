-- one row per portfolio, view, session and factor: the exposure, as a share of NAV and in dollars
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_factor_exposures', key=['portfolio_id', 'view_name', 'session_no', 'factor_no'],
    scope='portfolio', owner='portfolio'
) }}
-- the linter loses the indent over the loops
-- noqa: disable=LT02
{%- set figures = [] %}
{%- for k in range(1, var('etf_factor_count') + 2) %}
{%- do figures.append([k, 'held.dollars_' ~ k, 'held.covered_' ~ k, 'cast(held.n_obs_' ~ k ~ ' as integer)']) %}
{%- endfor %}
with run as (

    select * from {{ ref('int_run') }}

),

daily_views as (

    select daily_views.*
    from {{ ref('published_portfolio_daily_views') }} as daily_views
    cross join run
    inner join {{ ref('int_touched_portfolios') }} as touched on daily_views.portfolio_id = touched.portfolio_id
    where
        daily_views.superseded_by_run is null
        and daily_views.session_no between greatest(
            touched.first_session_no, run.horizon_session_no
        ) and run.last_session_no

),

short_interest_scores as (

    select * from {{ ref('int_short_interest_scores') }}

),

factors as (

    select * from {{ ref('factors') }}

),

with_betas as (

    select
        exposures.portfolio_id,
        exposures.side,
        exposures.session_no,
        exposures.exposure,
        exposures.gross_exposure
        {%- for k in range(1, var('etf_factor_count') + 1) %},
        panel.beta_{{ k }},
        panel.n_obs_{{ k }}
        {%- endfor %},
        short_interest_scores.z_score as beta_8,
        short_interest_scores.symbol_count as n_obs_8
    -- sorted while they are narrow: in one order, so that sums come out the same to the last bit
    from (
        select * from {{ ref('int_position_exposures') }}
        order by session_no, portfolio_id, side, symbol_id
    ) as exposures
    -- row by row through the keys, which keeps the order
    left join
        lateral (
            select
                {%- for k in range(1, var('etf_factor_count') + 1) %}
                panel.beta_{{ k }},
                panel.n_obs_{{ k }}{{ "," if not loop.last }}
                {%- endfor %}
            from {{ ref('int_security_panel') }} as panel
            where exposures.symbol_id = panel.symbol_id and exposures.session_no = panel.session_no
            {{ row_by_row() }} -- noqa: AM09
        ) as panel on true
    left join
        lateral (
            select
                short_interest_scores.z_score,
                short_interest_scores.symbol_count
            from {{ ref('int_short_interest_scores') }} as short_interest_scores
            where
                exposures.symbol_id = short_interest_scores.symbol_id
                and exposures.session_no = short_interest_scores.session_no
            {{ row_by_row() }} -- noqa: AM09
        ) as short_interest_scores on true

),

-- the lots of one side
sides as (

    select
        portfolio_id,
        side,
        session_no,
        sum(gross_exposure) as gross
        {%- for k in range(1, var('etf_factor_count') + 2) %},
        sum(exposure * beta_{{ k }}) as dollars_{{ k }},
        sum(gross_exposure) filter (where beta_{{ k }} is not null) as covered_{{ k }},
        min(n_obs_{{ k }}) filter (where beta_{{ k }} is not null and gross_exposure > 0) as n_obs_{{ k }}
        {%- endfor %}
    from with_betas
    group by session_no, portfolio_id, side

),

-- the portfolio is both sides together
held as (

    select
        sides.portfolio_id,
        view_name.view_name,
        sides.session_no,
        sum(sides.gross) as gross
        {%- for k in range(1, var('etf_factor_count') + 2) %},
        sum(sides.dollars_{{ k }}) as dollars_{{ k }},
        sum(sides.covered_{{ k }}) as covered_{{ k }},
        min(sides.n_obs_{{ k }}) as n_obs_{{ k }}
        {%- endfor %}
    from sides
    inner join (values ('portfolio'), ('longs'), ('shorts')) as view_name (view_name)
        on view_name.view_name in (sides.side, 'portfolio')
    group by sides.portfolio_id, view_name.view_name, sides.session_no

),

views as (

    select
        daily_views.portfolio_id,
        daily_views.view_name,
        daily_views.session_no,
        daily_views.session_date,
        daily_views.nav,
        daily_views.position_count,
        daily_views.unsound_mark_count,
        daily_views.unknown_exposure_count,
        daily_views.unknown_adjustment_count,
        factors.factor_no,
        factors.etf_symbol,
        figure.dollars,
        coalesce(held.gross, 0) as gross,
        coalesce(figure.covered, 0) as covered,
        figure.n_obs
    from daily_views
    left join held
        on
            daily_views.portfolio_id = held.portfolio_id
            and daily_views.view_name = held.view_name
            and daily_views.session_no = held.session_no
    cross join {{ rows_of('figure', ['factor_no', 'dollars', 'covered', 'n_obs'], figures) }}
    inner join factors on figure.factor_no = factors.factor_no

),

judged as (

    select
        *,
        gross = 0 and unknown_exposure_count = 0 as is_empty,
        covered = 0 and (gross > 0 or unknown_exposure_count > 0) as is_unknown,
        not exists (select 1 from short_interest_scores) and etf_symbol is null as is_without_data
    from views

),

stated as (

    select
        *,
        case
            when is_empty then 0
            when is_without_data then null
            when not is_unknown then dollars
        end as exposure_dollars
    from judged

)

select
    portfolio_id,
    view_name,
    session_no,
    session_date,
    factor_no,
    case when is_empty then 0 when nav > 0 then exposure_dollars / nav end as exposure,
    exposure_dollars,
    case when gross > 0 then covered / gross end as coverage,
    coalesce(n_obs, 0) as n_obs,
    case
        when is_empty then 'ok'
        when exposure_dollars is null or nav <= 0 then 'unavailable'
        when
            covered < gross or unknown_exposure_count > 0 or unsound_mark_count > 0 or unknown_adjustment_count > 0
            or (n_obs < 60 and etf_symbol is not null)
            then 'partial'
        else 'ok'
    end as status,
    case
        when is_empty then null
        when is_without_data then 'no short interest is loaded'
        when is_unknown then 'no position has an exposure to this factor that is known'
        when nav <= 0 then 'NAV is not positive, so there is no share of it'
        when unknown_exposure_count > 0 then 'the underlying of an option has no price'
        when unknown_adjustment_count > 0 then 'an option was adjusted by a split in a way that is not known'
        when covered < gross then 'positions without a beta are left out'
        when unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
        when n_obs < 60 and etf_symbol is not null then 'a beta has fewer than 60 observations'
    end as reason
from stated

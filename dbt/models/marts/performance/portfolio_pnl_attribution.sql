-- one row per portfolio, period, kind of group and group; the rows of one kind sum to the P&L of the period
-- the linter loses the indent over the loops
-- noqa: disable=LT02
select
    pnl_groups.portfolio_id,
    periods.period,
    pnl_groups.group_kind,
    pnl_groups.group_key,
    pnl_groups.group_name,
    pnl_groups.session_date,
    pnl_groups.session_no,
    periods.start_date,
    earned.pnl,
    case when periods.opening_nav > 0 then earned.pnl / periods.opening_nav end as contribution,
    periods.period_pnl,
    periods.session_count,
    case when pnl_groups.group_kind = 'factor' then periods.factor_n_obs else periods.session_count end as n_obs,
    case
        when pnl_groups.group_kind = 'factor' and periods.factor_n_obs < periods.session_count then 'partial'
        else 'ok'
    end as status,
    case
        when pnl_groups.group_kind = 'factor' and periods.factor_n_obs < periods.session_count
            then 'on some sessions no exposure to the factors is known; what they earned is specific'
    end as reason,
    v.is_simulated,
    greatest(pnl_groups.run_id, periods.run_id) as run_id
from {{ ref('published_portfolio_pnl_groups') }} as pnl_groups
inner join ops.visible_run() as v on {{ is_visible('pnl_groups') }}
cross join lateral (
    values
    {%- for period in var('attribution_periods') %}
    ('{{ period }}', pnl_groups.pnl_{{ period }}){{ "," if not loop.last }}
    {%- endfor %}
) as earned (period, pnl)
inner join {{ ref('published_portfolio_pnl_periods') }} as periods
    on
        pnl_groups.portfolio_id = periods.portfolio_id
        and pnl_groups.session_no = periods.session_no
        and earned.period = periods.period
        and {{ is_visible('periods') }}
-- it is kept for the last session only; a group that was not held in a period has no row of it
where pnl_groups.session_no = v.market_session_no and earned.pnl is not null

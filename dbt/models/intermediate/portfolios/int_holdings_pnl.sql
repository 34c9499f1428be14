-- one row per touched portfolio, view and published session: the spread of what today's holdings would have earned
--   over the 60 sessions (contract, section 7); a position takes part with 57 of 60 returns, a session when all of them have one
-- the linter loses the indent over the loops
-- noqa: disable=LT02
with holdings as (

    select
        exposures.portfolio_id,
        exposures.side,
        exposures.session_no,
        exposures.gross_exposure,
        histories.daily_returns,
        case when histories.n_obs >= 57 then exposures.exposure end as exposure,
        case when histories.n_obs >= 57 then exposures.gross_exposure end as covered_exposure
    -- sorted while they are narrow: in one order, so that sums come out the same to the last bit
    from (
        select * from {{ ref('int_position_exposures') }}
        order by session_no, portfolio_id, side, symbol_id
    ) as exposures
    -- row by row through the key, which keeps the order
    cross join
        lateral (
            select
                histories.n_obs,
                histories.daily_returns
            from {{ ref('int_return_histories') }} as histories
            where exposures.symbol_id = histories.symbol_id and exposures.session_no = histories.session_no
            {{ row_by_row() }} -- noqa: AM09
        ) as histories

),

-- what one side would have earned on each of the 60 sessions; NaN where a holding that takes part has no return
sides as (

    select
        portfolio_id,
        side,
        session_no,
        sum(gross_exposure) as gross,
        coalesce(sum(covered_exposure), 0) as covered
        {%- for k in range(1, 61) %},
        sum(exposure * {{ element('daily_returns', k) }}) as pnl_{{ k }}
        {%- endfor %}
    from holdings
    group by session_no, portfolio_id, side

),

-- the portfolio is both sides together
views as (

    select
        sides.portfolio_id,
        view_name.view_name,
        sides.session_no,
        sum(sides.gross) as gross,
        sum(sides.covered) as covered
        {%- for k in range(1, 61) %},
        sum(sides.pnl_{{ k }}) as pnl_{{ k }}
        {%- endfor %}
    from sides
    inner join (values ('portfolio'), ('longs'), ('shorts')) as view_name (view_name)
        on view_name.view_name in (sides.side, 'portfolio')
    group by sides.portfolio_id, view_name.view_name, sides.session_no

)

select
    views.portfolio_id,
    views.view_name,
    views.session_no,
    views.gross,
    views.covered,
    spread.n_obs,
    spread.pnl_stddev
from views
cross join {{ spread_of('views.pnl_', 60) }} as spread

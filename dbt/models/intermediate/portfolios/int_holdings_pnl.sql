-- one row per touched portfolio, view and published session: the spread of what today's holdings would have earned
--   over the 60 sessions (contract, section 7); a position takes part with 57 of 60 returns, a session when all of them have one
-- the linter loses the indent over the loops
-- noqa: disable=LT02
-- materialized, or each array would be cut 60 times
with holdings as materialized (

    select
        exposures.portfolio_id,
        exposures.side,
        exposures.session_no,
        exposures.first_lot_no,
        exposures.gross_exposure,
        coalesce(panel.n_obs >= 57, false) as takes_part,
        case when panel.n_obs >= 57 then exposures.exposure end as exposure,
        -- the 60 returns up to the session
        histories.daily_returns[
            exposures.session_no - histories.from_session_no - 58
            :exposures.session_no - histories.from_session_no + 1
        ] as daily_returns
    from {{ ref('int_position_exposures') }} as exposures
    inner join {{ ref('int_return_histories') }} as histories on exposures.symbol_id = histories.symbol_id
    left join {{ ref('int_security_panel') }} as panel
        on exposures.symbol_id = panel.symbol_id and exposures.session_no = panel.session_no

),

-- what one side would have earned on each of the 60 sessions; NaN where a holding that takes part has no return
sides as (

    select
        portfolio_id,
        side,
        session_no,
        sum(gross_exposure) as gross,
        coalesce(sum(gross_exposure) filter (where takes_part), 0) as covered
        {%- for k in range(1, 61) %},
        sum(exposure * daily_returns[{{ k }}]) as pnl_{{ k }}
        {%- endfor %}
    -- in the order of the lots, so that sums come out the same to the last bit
    from (
        select * from holdings
        order by portfolio_id, side, session_no, first_lot_no
    ) as ordered
    group by portfolio_id, side, session_no

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
cross join lateral (
    select
        count(*) as n_obs,
        case
            when max(pnl.pnl) > min(pnl.pnl) then stddev_samp(pnl.pnl order by pnl.session)
            when count(*) > 1 then 0
        end as pnl_stddev
    from unnest(
        array[
            {%- for k in range(1, 61) %}
            views.pnl_{{ k }}{{ "," if not loop.last }}
            {%- endfor %}
        ]
    ) with ordinality as pnl (pnl, session)
    where pnl.pnl <> 'NaN'
) as spread

-- one row per lot, as of the market date; an expired option stays, closed at what it settled at, and so does a lot that was closed
with visible as (

    select * from ops.visible_run()

),

books as (

    select
        books.portfolio_id,
        v.run_id as visible_run_id,
        v.market_session_no,
        v.is_simulated,
        daily_views.nav,
        case
            when daily_views.portfolio_id is not null then coalesce(daily_views.greeks_source, 'mock')
        end as greeks_source
    from {{ ref('published_portfolios') }} as books
    inner join visible as v on {{ is_visible('books') }}
    left join {{ ref('published_portfolio_daily_views') }} as daily_views
        on
            books.portfolio_id = daily_views.portfolio_id
            and v.market_session_no = daily_views.session_no
            and daily_views.view_name = 'portfolio'
            and {{ is_visible('daily_views') }}
    -- of sessions before those that are kept there is nothing to show
    where v.market_session_no >= v.horizon_session_no

),

joined as (

    select
        -- by which a reader's question finds the book
        books.portfolio_id as book_id,
        books.visible_run_id,
        books.market_session_no,
        books.is_simulated,
        books.nav,
        books.greeks_source,
        of_book.*,
        case when of_book.underlying_symbol is null then 1 else 100 end as multiplier,
        coalesce(of_book.closed_session_no <= books.market_session_no, false) as is_closed,
        coalesce(of_book.expiration_session_no < books.market_session_no, false)
        and of_book.closed_session_no is null as is_expired
    from books
    -- book by book (offset 0 keeps it so), each with three scans of keys instead of two for each lot
    cross join lateral ( -- noqa: ST05
        select
            lots.*,
            daily_values.mark,
            daily_values.price_source,
            daily_values.market_value,
            daily_values.delta_adjusted_exposure,
            daily_values.unrealized_pnl,
            daily_values.daily_pnl,
            daily_values.delta,
            daily_values.gamma,
            daily_values.theta,
            daily_values.vega,
            daily_values.rho,
            daily_values.implied_volatility,
            daily_values.volatility_source,
            daily_values.rate,
            daily_values.rate_source,
            daily_values.dividend_yield,
            daily_values.greeks_reason,
            daily_values.quantity as quantity_now,
            daily_values.entry_price as entry_price_now,
            daily_values.strike_price as strike_price_now,
            exits.held_quantity,
            exits.taken_quantity,
            exits.proceeds,
            exits.realized_pnl as exit_pnl,
            exits.exit_date
        from (
            select lots.*
            from {{ ref('published_lots') }} as lots
            where {{ is_visible('lots', 'books.visible_run_id') }} -- noqa: LT02
                and lots.portfolio_id = books.portfolio_id
                and lots.entry_session_no <= books.market_session_no
        ) as lots
        -- full, because that is never done by trying all with all; values and exits all have their lot
        full join (
            select daily_values.*
            from {{ ref('published_position_daily_values') }} as daily_values
            where {{ is_visible('daily_values', 'books.visible_run_id') }} -- noqa: LT02
                and daily_values.portfolio_id = books.portfolio_id
                and daily_values.session_no = books.market_session_no
        ) as daily_values on lots.position_id = daily_values.position_id
        -- what was closed of it so far, in whole or in part
        full join (
            select
                exits.position_id,
                (array_agg(exits.held_quantity order by exits.exit_no desc))[1] as held_quantity,
                sum(exits.entered_quantity order by exits.exit_no) as taken_quantity,
                sum(exits.proceeds order by exits.exit_no) as proceeds,
                sum(exits.realized_pnl order by exits.exit_no) as realized_pnl,
                max(exits.exit_date) as exit_date
            from {{ ref('published_lot_exits') }} as exits
            where {{ is_visible('exits', 'books.visible_run_id') }} -- noqa: LT02
                and exits.portfolio_id = books.portfolio_id and exits.session_no <= books.market_session_no
            group by exits.position_id
        ) as exits on lots.position_id = exits.position_id
        offset 0 -- noqa: AM09
    ) as of_book

),

-- a lot that is closed is shown whole, with what all of it was closed at
described as (

    select
        joined.*,
        joined.is_expired or joined.is_closed as is_over,
        case when joined.is_closed then joined.quantity else coalesce(joined.quantity_now, joined.quantity) end
            as quantity_shown,
        coalesce(joined.entry_price_now, joined.entry_price) as entry_price_shown,
        case
            when joined.is_closed or joined.held_quantity is null then joined.cost_basis
            else joined.held_quantity * joined.multiplier * joined.entered_price
        end as cost_basis_shown,
        case
            when joined.is_closed then joined.quantity
            else joined.taken_quantity * (joined.entered_price / coalesce(joined.entry_price_now, joined.entry_price))
        end as exited_quantity
    from joined

)

select
    position_id,
    book_id as portfolio_id,
    symbol,
    security_name as name,
    position_type,
    quantity_shown as quantity,
    entry_price_shown as entry_price,
    entry_date,
    case
        when is_closed then proceeds / (exited_quantity * multiplier)
        when is_expired then settlement_price
        else mark
    end as mark,
    case when is_closed then 'exit' when is_expired then settlement_source else price_source end as price_source,
    not is_over and price_source <> 'close' as is_stale,
    entered_quantity,
    entered_price,
    case when is_over then 0 else market_value end as market_value,
    case when is_over then 0 else abs(market_value) end as notional_exposure,
    case when is_over then 0 else delta_adjusted_exposure end as delta_adjusted_exposure,
    case when is_over then 0 when nav > 0 then delta_adjusted_exposure / nav end as weight,
    cost_basis_shown as cost_basis,
    case when is_over then 0 else unrealized_pnl end as unrealized_pnl,
    coalesce(exit_pnl, 0) + case when is_expired then realized_pnl else 0 end as realized_pnl,
    case
        when is_expired and market_session_no = expiration_session_no + 1 then settlement_pnl
        when is_expired then 0
        when is_closed then coalesce(daily_pnl, 0)
        else daily_pnl
    end as daily_pnl,
    underlying_symbol,
    coalesce(strike_price_now, strike_price) as strike_price,
    expiration_date,
    is_expired,
    is_closed,
    not is_over as is_open,
    exit_date,
    proceeds / (exited_quantity * multiplier) as exit_price,
    exited_quantity,
    case when is_over then 0 else delta end as delta,
    case when is_over then 0 else gamma end as gamma,
    case when is_over then 0 else theta end as theta,
    case when is_over then 0 else vega end as vega,
    case when underlying_symbol is not null then greeks_source end as greeks_source,
    sector,
    industry,
    tags,
    case
        when is_over then 'ok'
        when price_source in ('last_known', 'entry') or delta_adjusted_exposure is null then 'partial'
        else 'ok'
    end as status,
    case
        when is_over then null
        when delta_adjusted_exposure is null then coalesce(greeks_reason, 'the underlying has no price')
        when price_source = 'entry' then 'no close is known; valued at the entry price'
        when price_source = 'last_known' then 'the last close is more than four sessions old'
    end as reason,
    is_simulated,
    run_id,
    case
        when underlying_symbol is not null and greeks_source = 'mock' then null
        when is_over then 0
        else rho
    end as rho,
    case when not is_over then implied_volatility end as implied_volatility,
    case when not is_over then volatility_source end as volatility_source,
    case when not is_over then rate end as rate,
    case when not is_over then rate_source end as rate_source,
    case when not is_over then dividend_yield end as dividend_yield
from described

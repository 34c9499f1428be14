-- one row per lot and session on which it is valued, the one that ends it included: price, value, exposure and P&L
with run as (

    select * from {{ ref('int_run') }}

),

mock_greeks as (

    select * from {{ ref('mock_greeks') }}

),

closings as (

    select
        position_id,
        from_session_no as session_no
    from {{ ref('int_lot_holdings') }}
    where is_closed

),

-- a lot lives from its entry session through its expiration session, and one more row values its settlement;
-- or until the session on which the last of it was closed, of which nothing is held at the close
lot_sessions as (

    select
        lots.position_id,
        valuation_sessions.session_no,
        valuation_sessions.session_date,
        valuation_sessions.is_output,
        coalesce(
            valuation_sessions.session_no > lots.expiration_session_no
            or valuation_sessions.session_no = closings.session_no,
            false
        ) as is_settlement,
        least(valuation_sessions.session_no, lots.expiration_session_no) as priced_session_no
    from {{ ref('int_lots') }} as lots
    left join closings on lots.position_id = closings.position_id
    inner join {{ ref('int_valuation_sessions') }} as valuation_sessions
        on
            lots.portfolio_id = valuation_sessions.portfolio_id
            and lots.entry_session_no <= valuation_sessions.session_no
            and (
                lots.expiration_session_no is null
                or lots.expiration_session_no + 1 >= valuation_sessions.session_no
            )
    where closings.session_no is null or valuation_sessions.session_no <= closings.session_no
    union all
    -- what has settled before keeps standing in the total
    select
        lots.position_id,
        lots.expiration_session_no + 1,
        null,
        false,
        true,
        lots.expiration_session_no
    from {{ ref('int_lots') }} as lots
    cross join run
    inner join {{ ref('int_touched_portfolios') }} as touched on lots.portfolio_id = touched.portfolio_id
    where
        lots.expiration_session_no + 1 <= run.last_session_no
        and lots.position_id not in (select closings.position_id from closings)
        and not exists (
            select 1 from {{ ref('int_valuation_sessions') }} as valuation_sessions
            where
                valuation_sessions.portfolio_id = lots.portfolio_id
                and valuation_sessions.session_no = lots.expiration_session_no + 1
        )

),

-- after a split, before the new option symbol trades: the last close under an older one, in today's contracts
earlier_symbols as (

    select
        position_id,
        stretch_no,
        price_session_no,
        price
    from (
        select
            newer.position_id,
            newer.stretch_no,
            marks.price_session_no,
            marks.price * older.quantity / newer.quantity as price,
            row_number() over (
                partition by newer.position_id, newer.stretch_no order by older.stretch_no desc
            ) as choice
        from {{ ref('int_lot_terms') }} as newer
        inner join {{ ref('int_lot_terms') }} as older
            on newer.position_id = older.position_id and newer.stretch_no > older.stretch_no
        inner join {{ ref('int_marks') }} as marks
            on older.price_symbol_id = marks.symbol_id and older.through_session_no = marks.session_no
        where newer.price_symbol is distinct from older.price_symbol
    ) as candidates
    where choice = 1

),

priced as (

    select
        lots.*,
        lot_sessions.session_no,
        lot_sessions.session_date,
        lot_sessions.is_output,
        lot_sessions.is_settlement,
        lot_sessions.priced_session_no,
        -- what is still held at the close of the session
        coalesce(holdings.held_quantity * lot_terms.split_ratio, lot_terms.quantity) as quantity,
        coalesce(holdings.held_quantity * lots.multiplier * lots.entered_price, lots.cost_basis) as held_cost_basis,
        coalesce(holdings.is_closed, false) as is_closed,
        case when holdings.from_session_no = lot_sessions.session_no then holdings.proceeds end as exit_proceeds,
        holdings.entered_quantity * lot_terms.split_ratio as exit_quantity,
        lot_terms.entry_price,
        lot_terms.strike_price,
        lot_terms.is_adjustment_unknown,
        coalesce(own.price, earlier_symbols.price) as own_price,
        coalesce(own.price_session_no, earlier_symbols.price_session_no) as own_price_session_no,
        underlying.price as risk_price,
        underlying.price_session_no as risk_price_session_no
    from lot_sessions
    inner join {{ ref('int_lots') }} as lots on lot_sessions.position_id = lots.position_id
    inner join {{ ref('int_lot_terms') }} as lot_terms
        on
            lot_sessions.position_id = lot_terms.position_id
            and lot_sessions.priced_session_no between lot_terms.from_session_no and lot_terms.through_session_no
    left join {{ ref('int_marks') }} as own
        on
            lot_terms.price_symbol_id = own.symbol_id
            and lot_sessions.priced_session_no = own.session_no
            and (not lots.is_option or lot_terms.stretch_no = 1 or lot_terms.from_session_no <= own.price_session_no)
    left join {{ ref('int_marks') }} as underlying
        on lots.risk_symbol_id = underlying.symbol_id and lot_sessions.priced_session_no = underlying.session_no
    left join earlier_symbols
        on lot_terms.position_id = earlier_symbols.position_id and lot_terms.stretch_no = earlier_symbols.stretch_no
    left join {{ ref('int_lot_holdings') }} as holdings
        on
            lots.position_id = holdings.position_id
            and lot_sessions.session_no between holdings.from_session_no and holdings.through_session_no

),

marked as (

    select
        priced.*,
        case
            when priced.is_closed then priced.exit_proceeds / (priced.exit_quantity * priced.multiplier)
            when priced.is_settlement
                then coalesce(
                    finance.intrinsic_value(priced.option_type, priced.strike_price, priced.risk_price),
                    priced.own_price,
                    priced.entry_price
                )
            else coalesce(priced.own_price, priced.entry_price)
        end as mark,
        case
            when priced.is_closed then 'exit'
            when priced.is_settlement and priced.risk_price is not null then 'intrinsic'
            when priced.own_price is null then 'entry'
            when priced.own_price_session_no = priced.session_no then 'close'
            when priced.own_price_session_no >= priced.session_no - 4 then 'stale'
            else 'last_known'
        end as price_source,
        -- for one share of a contract, with the sign of the side
        case
            when priced.is_closed then 0
            when run.greeks_source = 'model' then sign(priced.quantity) * modelled.delta
            else mock_greeks.delta
        end as share_delta,
        case
            when priced.is_closed then 0
            when run.greeks_source = 'model' then sign(priced.quantity) * modelled.gamma
            else mock_greeks.gamma
        end as share_gamma,
        case
            when priced.is_closed then 0
            when run.greeks_source = 'model' then sign(priced.quantity) * modelled.theta
            else mock_greeks.theta
        end as share_theta,
        case
            when priced.is_closed then 0
            when run.greeks_source = 'model' then sign(priced.quantity) * modelled.vega
            else mock_greeks.vega
        end as share_vega,
        case when priced.is_closed and run.greeks_source = 'model' then 0 else sign(priced.quantity) * modelled.rho end
            as share_rho,
        modelled.volatility as implied_volatility,
        modelled.volatility_source,
        modelled.rate,
        modelled.rate_source,
        modelled.dividend_yield,
        modelled.reason as greeks_reason
    from priced
    cross join run
    left join mock_greeks on priced.position_type = mock_greeks.position_type
    left join {{ ref('int_option_greeks') }} as modelled
        on
            priced.risk_symbol_id = modelled.risk_symbol_id
            and priced.option_type = modelled.option_type
            and priced.expiration_date = modelled.expiration_date
            and priced.strike_price = modelled.strike_price
            and priced.session_no = modelled.session_no

),

valued as (

    select
        marked.*,
        marked.quantity * marked.multiplier * marked.mark as market_value,
        case
            when marked.is_settlement or marked.is_closed then 0
            when marked.is_option then finance.mock_greek(marked.share_delta, marked.quantity) * marked.risk_price
            else marked.quantity * marked.mark
        end as delta_adjusted_exposure
    from marked

)

select
    position_id,
    portfolio_id,
    lot_no,
    side,
    symbol_id,
    risk_symbol_id,
    session_no,
    session_date,
    is_output,
    is_settlement,
    is_closed,
    is_option,
    multiplier,
    quantity,
    entry_price,
    strike_price,
    is_adjustment_unknown,
    mark,
    price_source,
    market_value,
    delta_adjusted_exposure,
    price_source in ('last_known', 'entry')
    or coalesce(is_option and risk_price_session_no < session_no - 4, false) as is_unsound,
    held_cost_basis as cost_basis,
    market_value - held_cost_basis as unrealized_pnl,
    case
        when session_no = entry_session_no then market_value + coalesce(exit_proceeds, 0) - cost_basis
        -- what was held before, at the price it was sold for or at the close
        when exit_proceeds is not null then market_value + exit_proceeds - lag(market_value) over lot_days
        -- from its last own mark to what it settled at
        when is_settlement then market_value - quantity * multiplier * coalesce(own_price, entry_price)
        -- the same old price, restated for a split at most: nothing was earned, and no rounding may say so
        when coalesce(own_price_session_no, 0) = coalesce(lag(own_price_session_no) over lot_days, 0) then 0
        else market_value - lag(market_value) over lot_days
    end as daily_pnl,
    case when is_option then finance.mock_greek(share_delta, quantity) else quantity end as delta,
    case when is_option then finance.mock_greek(share_gamma, quantity) else 0 end as gamma,
    case when is_option then finance.mock_greek(share_theta, quantity) else 0 end as theta,
    case when is_option then finance.mock_greek(share_vega, quantity) else 0 end as vega,
    -- the mock table has none
    case when is_option then finance.mock_greek(share_rho, quantity) else 0 end as rho,
    case when is_option then risk_price end as underlying_price,
    implied_volatility,
    volatility_source,
    rate,
    rate_source,
    dividend_yield,
    greeks_reason
from valued
window lot_days as (partition by position_id order by session_no)

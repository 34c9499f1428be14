-- one row per symbol and session on which a lot needs its price
with run as (

    select * from {{ ref('int_run') }}

),

held as (

    select distinct
        lots.risk_symbol_id,
        lots.portfolio_id,
        lots.entry_session_no,
        coalesce(least(lots.expiration_session_no, closings.from_session_no), 2147483647) as through_session_no
    from {{ ref('int_lots') }} as lots
    left join {{ ref('int_lot_holdings') }} as closings
        on lots.position_id = closings.position_id and closings.is_closed

),

needed as (

    -- stocks and underlyings, as long as a lot lives
    select
        held.risk_symbol_id as symbol_id,
        valuation_sessions.session_no
    from held
    inner join {{ ref('int_valuation_sessions') }} as valuation_sessions
        on
            held.portfolio_id = valuation_sessions.portfolio_id
            and valuation_sessions.session_no between held.entry_session_no and held.through_session_no
    union
    -- options under the symbol that they have in that stretch
    select
        lot_terms.price_symbol_id,
        valuation_sessions.session_no
    from {{ ref('int_lots') }} as lots
    inner join {{ ref('int_lot_terms') }} as lot_terms on lots.position_id = lot_terms.position_id
    inner join {{ ref('int_valuation_sessions') }} as valuation_sessions
        on
            lots.portfolio_id = valuation_sessions.portfolio_id
            and valuation_sessions.session_no between lot_terms.from_session_no
            and least(lot_terms.through_session_no, lots.expiration_session_no)
    where lots.is_option and lot_terms.price_symbol_id is not null
    union
    -- what an option was last worth under a symbol that a split ended
    select
        lot_terms.price_symbol_id,
        lot_terms.through_session_no
    from {{ ref('int_lots') }} as lots
    inner join {{ ref('int_lot_terms') }} as lot_terms on lots.position_id = lot_terms.position_id
    where lots.is_option and lot_terms.price_symbol_id is not null and lot_terms.through_session_no < 2147483647
    union
    -- what an expired option settles on, and its own last price
    select
        settling.symbol_id,
        lots.expiration_session_no
    from {{ ref('int_lots') }} as lots
    inner join {{ ref('int_lot_terms') }} as lot_terms
        on
            lots.position_id = lot_terms.position_id
            and lots.expiration_session_no between lot_terms.from_session_no and lot_terms.through_session_no
    cross join run
    cross join {{ rows_of('settling', ['symbol_id'], [['lots.risk_symbol_id'], ['lot_terms.price_symbol_id']]) }}
    where lots.expiration_session_no < run.last_session_no and settling.symbol_id is not null

)

select * from needed

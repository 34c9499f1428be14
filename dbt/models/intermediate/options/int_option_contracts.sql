-- one row per option contract that a touched portfolio holds and session that is published: what the Greeks are of; none under mock Greeks
with run as (

    select * from {{ ref('int_run') }}

)

select distinct
    lots.risk_symbol_id,
    lots.option_type,
    lots.expiration_date,
    lot_terms.strike_price,
    valuation_sessions.session_no,
    valuation_sessions.session_date,
    lot_terms.price_symbol_id
from {{ ref('int_lots') }} as lots
cross join run
inner join {{ ref('int_lot_terms') }} as lot_terms on lots.position_id = lot_terms.position_id
inner join {{ ref('int_valuation_sessions') }} as valuation_sessions
    on
        lots.portfolio_id = valuation_sessions.portfolio_id
        and valuation_sessions.is_output
        and valuation_sessions.session_no between greatest(lots.entry_session_no, lot_terms.from_session_no)
        and least(lots.expiration_session_no, lot_terms.through_session_no)
where lots.is_option and run.greeks_source = 'model'

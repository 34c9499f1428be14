-- one row per lot: what it is, whose, how tagged, when the last of it was closed, and what it settled at once it has expired
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(alias='lots', key=['position_id'], scope='portfolio_changed', owner='portfolio') }}
with lots as (

    select * from {{ ref('int_lots') }}

),

run as (

    select * from {{ ref('int_run') }}

),

positions as (

    select * from {{ ref('stg_accounts__positions') }}

),

securities as (

    select * from {{ ref('stg_market__securities') }}

),

lot_terms as (

    select * from {{ ref('int_lot_terms') }}

),

tags as (

    select
        position_id,
        array_agg(tag_name order by lower(tag_name)) as tags
    from {{ ref('stg_accounts__position_tags') }}
    group by position_id

),

settlements as (

    select * from {{ ref('int_position_days') }}
    where is_settlement and not is_closed

),

closings as (

    select * from {{ ref('int_lot_holdings') }}
    where is_closed

)

select
    lots.position_id,
    lots.portfolio_id,
    lots.symbol_id,
    lots.symbol,
    lots.position_type,
    lots.side,
    lots.entry_date,
    lots.entry_session_no,
    lots.expiration_session_no,
    closings.from_session_no as closed_session_no,
    positions.underlying_symbol,
    lots.option_type,
    lots.expiration_date,
    lots.entered_quantity,
    lots.entered_price,
    lots.cost_basis,
    coalesce(settlements.quantity, lot_terms.quantity) as quantity,
    coalesce(settlements.entry_price, lot_terms.entry_price) as entry_price,
    coalesce(settlements.strike_price, lot_terms.strike_price) as strike_price,
    settlements.mark as settlement_price,
    settlements.price_source as settlement_source,
    settlements.unrealized_pnl as realized_pnl,
    settlements.daily_pnl as settlement_pnl,
    securities.name as security_name,
    securities.sector,
    securities.industry,
    coalesce(tags.tags, array[]::text[]) as tags
from lots
cross join run
inner join positions on lots.position_id = positions.position_id
inner join securities on lots.risk_symbol_id = securities.symbol_id
left join closings on lots.position_id = closings.position_id
left join lot_terms
    on
        lots.position_id = lot_terms.position_id
        and least(
            run.last_session_no, lots.expiration_session_no, closings.from_session_no
        ) between lot_terms.from_session_no and lot_terms.through_session_no
left join tags on lots.position_id = tags.position_id
left join settlements on lots.position_id = settlements.position_id

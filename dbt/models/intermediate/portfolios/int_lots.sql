-- one row per lot of a touched portfolio that has entered by the last session: as entered, with its sessions and its side
with run as (

    select * from {{ ref('int_run') }}

),

touched as (

    select * from {{ ref('int_touched_portfolios') }}

),

positions as (

    select * from {{ ref('stg_accounts__positions') }}

),

dated as {{ materialized() }} (

    select
        positions.*,
        {{ first_session_from('positions.entry_date') }} as entry_session_no,
        {{ last_session_until('positions.expiration_date') }} as expiration_session_no
    from positions
    inner join touched on positions.portfolio_id = touched.portfolio_id

),

described as (

    select
        dated.position_id,
        dated.portfolio_id,
        dated.symbol_id,
        dated.symbol,
        dated.position_type,
        dated.entry_date,
        dated.entry_session_no,
        dated.expiration_session_no,
        dated.expiration_date,
        dated.underlying_symbol_id,
        dated.option_type,
        dated.underlying_symbol_id is not null as is_option,
        coalesce(dated.underlying_symbol_id, dated.symbol_id) as risk_symbol_id,
        case when dated.position_type in ('LONG', 'LC', 'LP') then 'longs' else 'shorts' end as side,
        case when dated.underlying_symbol_id is null then 1 else 100 end as multiplier,
        cast(dated.quantity as {{ double() }}) as entered_quantity,
        cast(dated.entry_price as {{ double() }}) as entered_price,
        cast(dated.strike_price as {{ double() }}) as entered_strike_price
    from dated

)

select
    described.*,
    -- sums are taken in this order, so that they come out the same to the last bit whatever the plan
    row_number() over (
        partition by described.portfolio_id order by described.symbol, described.entry_date, described.entered_price
    ) as lot_no,
    described.entered_quantity * described.multiplier * described.entered_price as cost_basis
from described
cross join run
where described.entry_session_no <= run.last_session_no

-- one row per closing of a lot that has taken effect by the last session: what it took of the lot, and what that earned
--   a lot never gives more than it holds: what is asked beyond that is left out, the latest first
{%- set sold = 'round(' ~ exact_product('taken_quantity', 'split_ratio') ~ ', 8)' %}
with run as (

    select * from {{ ref('int_run') }}

),

lots as (

    select * from {{ ref('int_lots') }}

),

dated as (

    select
        lots.position_id,
        lots.portfolio_id,
        lots.side,
        lots.lot_no,
        lots.multiplier,
        lots.entered_price,
        exits.exit_id,
        exits.exit_date,
        exits.quantity as asked_quantity,
        exits.exit_price,
        sign(lots.entered_quantity) as direction,
        abs(positions.quantity) as entered_quantity,
        greatest(lots.entry_session_no, {{ first_session_from('exits.exit_date') }}) as session_no,
        -- splits up to the exit date; those between it and its session come after
        {{ last_session_until('exits.exit_date') }} as share_session_no
    from lots
    inner join {{ ref('stg_accounts__positions') }} as positions on lots.position_id = positions.position_id
    inner join {{ ref('stg_accounts__position_exits') }} as exits on lots.position_id = exits.position_id
    where lots.expiration_date is null or exits.exit_date <= lots.expiration_date

),

restated as (

    select
        dated.*,
        cast(coalesce(lot_terms.split_ratio, 1) as {{ exact() }}) as split_ratio
    from dated
    cross join run
    left join {{ ref('int_lot_terms') }} as lot_terms
        on
            dated.position_id = lot_terms.position_id
            and dated.share_session_no between lot_terms.from_session_no and lot_terms.through_session_no
    where dated.session_no <= run.last_session_no

),

ordered as (

    select
        restated.*,
        row_number() over lot_exits as exit_no,
        -- decimals, so that what was entered less what was sold leaves nothing when all was sold
        restated.entered_quantity
        - sum(coalesce(
            {{ exact_quotient('restated.asked_quantity', 'restated.split_ratio', 12) }}, restated.entered_quantity
        )) over lot_exits as left_quantity
    from restated
    window lot_exits as (
        partition by restated.position_id
        order by restated.session_no, restated.exit_date, restated.exit_price rows unbounded preceding
    )

),

clamped as (

    select
        ordered.*,
        -- less than the smallest part that can be given is nothing
        case
            when {{ exact_product('ordered.left_quantity', 'ordered.split_ratio') }} < 0.0000001 then 0
            else ordered.left_quantity
        end as held_quantity
    from ordered

),

taken as (

    select
        clamped.*,
        coalesce(
            lag(clamped.held_quantity) over (partition by clamped.position_id order by clamped.exit_no),
            clamped.entered_quantity
        ) - clamped.held_quantity as taken_quantity
    from clamped

)

select
    position_id,
    portfolio_id,
    side,
    lot_no,
    exit_id,
    exit_no,
    exit_date,
    session_no,
    cast({{ sold }} as {{ double() }}) as quantity,
    cast(exit_price as {{ double() }}) as exit_price,
    direction * cast(taken_quantity as {{ double() }}) as entered_quantity,
    -- no negative zero
    direction * cast(held_quantity as {{ double() }}) + 0 as held_quantity,
    direction * multiplier * cast({{ exact_product(sold, 'exit_price') }} as {{ double() }}) as proceeds,
    direction * cast(taken_quantity as {{ double() }}) * multiplier * entered_price as cost_basis,
    direction * multiplier * cast({{ exact_product(sold, 'exit_price') }} as {{ double() }})
    - direction * cast(taken_quantity as {{ double() }}) * multiplier * entered_price as realized_pnl
from taken
where taken_quantity > 0

-- one row per touched portfolio and lot open on the market date: how much of its symbol is held on its side, and how much of it trades
-- looked up row by row through a key
-- noqa: disable=ST05
with run as (

    select * from {{ ref('int_run') }}

),

splits as (

    select * from {{ ref('int_splits') }}

),

lots as (

    select
        position_days.position_id,
        position_days.portfolio_id,
        position_days.side,
        position_days.lot_no,
        -- an option that a split adjusted trades under the symbol it has now
        coalesce(lot_terms.price_symbol_id, position_days.symbol_id) as symbol_id,
        position_days.quantity,
        abs(position_days.market_value) as market_value
    from {{ ref('int_position_days') }} as position_days
    cross join run
    left join {{ ref('int_lot_terms') }} as lot_terms
        on
            position_days.position_id = lot_terms.position_id
            and run.last_session_no between lot_terms.from_session_no and lot_terms.through_session_no
    where
        position_days.is_output
        and not position_days.is_settlement
        and position_days.session_no = run.last_session_no

),

volumes as (

    select
        symbols.symbol_id,
        traded.average_volume_20d,
        traded.n_obs
    from (
        select distinct lots.symbol_id
        from lots
    ) as symbols
    cross join run
    cross join
        lateral (
            select
                sum(in_order.volume * in_order.split_ratio) / 20 as average_volume_20d,
                cast(count(*) as integer) as n_obs
            from (
                select
                    bars.volume,
                    -- shares of then in shares of today
                    coalesce((
                        select finance.product(splits.split_ratio order by splits.session_no)
                        from splits
                        where splits.symbol_id = bars.symbol_id and splits.session_no > bars.session_no
                    ), 1) as split_ratio
                from {{ ref('stg_market__bars') }} as bars
                where
                    bars.symbol_id = symbols.symbol_id
                    and bars.session_no between run.last_session_no - 19 and run.last_session_no
                order by bars.session_no
            ) as in_order
        ) as traded

)

select
    lots.position_id,
    lots.portfolio_id,
    lots.side,
    lots.lot_no,
    lots.market_value,
    volumes.n_obs,
    volumes.average_volume_20d,
    sum(abs(lots.quantity)) over (
        partition by lots.portfolio_id, lots.side, lots.symbol_id order by lots.lot_no
        rows between unbounded preceding and unbounded following
    ) as held_quantity
from lots
inner join volumes on lots.symbol_id = volumes.symbol_id

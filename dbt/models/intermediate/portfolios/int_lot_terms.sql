-- one row per lot and stretch of sessions between splits: quantity, entry price, strike and the symbol that prices it
with lots as (

    select * from {{ ref('int_lots') }}

),

securities as (

    select * from {{ ref('stg_market__securities') }}

),

splits as (

    select
        splits.*,
        sessions.session_date
    from {{ ref('int_splits') }} as splits
    inner join {{ ref('stg_calendar__sessions') }} as sessions on splits.session_no = sessions.session_no

),

stretches as (

    select
        lots.position_id,
        -- an option entered after its last session settles on the next
        least(lots.entry_session_no, lots.expiration_session_no) as from_session_no,
        1 as split_ratio,
        false as is_adjustment_unknown
    from lots
    union all
    select
        lots.position_id,
        splits.session_no,
        case when lots.is_option and not splits.is_n_for_1 then 1 else splits.split_ratio end,
        lots.is_option and not splits.is_n_for_1
    from lots
    inner join splits on lots.risk_symbol_id = splits.symbol_id
    where
        splits.session_date > lots.entry_date
        and (lots.expiration_session_no is null or splits.session_no <= lots.expiration_session_no)

),

accumulated as (

    select
        position_id,
        from_session_no,
        coalesce(lead(from_session_no) over in_order - 1, 2147483647) as through_session_no,
        {{ product('split_ratio', 'lot_stretches') }} as split_ratio,
        bool_or(is_adjustment_unknown) over lot_stretches as is_adjustment_unknown,
        row_number() over lot_stretches as stretch_no
    from stretches
    window
        in_order as (partition by position_id order by from_session_no, split_ratio),
        lot_stretches as (
            partition by position_id order by from_session_no, split_ratio rows unbounded preceding
        )

),

terms as (

    select
        lots.position_id,
        accumulated.from_session_no,
        accumulated.through_session_no,
        accumulated.stretch_no,
        accumulated.is_adjustment_unknown,
        accumulated.split_ratio,
        lots.entered_quantity * accumulated.split_ratio as quantity,
        lots.entered_price / accumulated.split_ratio as entry_price,
        lots.entered_strike_price / accumulated.split_ratio as strike_price,
        case
            when not lots.is_option or accumulated.split_ratio = 1 then lots.symbol
            -- listed strikes are rounded to the cent
            else regexp_replace(lots.symbol, '[0-9]{6}[CP][0-9]{8}$', '') || finance.format_occ(
                '', lots.expiration_date, lots.option_type,
                cast(
                    round(cast(lots.entered_strike_price / accumulated.split_ratio as {{ exact() }}), 2)
                    as {{ exact() }}
                )
            )
        end as price_symbol
    from accumulated
    inner join lots on accumulated.position_id = lots.position_id
    where accumulated.from_session_no <= accumulated.through_session_no

)

select
    terms.*,
    securities.symbol_id as price_symbol_id
from terms
left join securities on terms.price_symbol = securities.symbol

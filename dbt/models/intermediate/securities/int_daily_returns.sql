-- one row per touched symbol and session: its return and its chained close, with the 90 sessions before as look-back
--   rows are dense: a session without a bar, inside the history or up to 90 sessions after its end, is a row with has_bar false,
--   so that a frame of n rows is a frame of n sessions; island_no parts stretches that more than 90 missing sessions separate
with run as (

    select * from {{ ref('int_run') }}

),

touched as (

    select * from {{ ref('int_touched_symbols') }}

),

splits as (

    select * from {{ ref('int_splits') }}

),

new_bars as (

    select
        bars.symbol_id,
        bars.session_no,
        bars.session_date,
        bars.close,
        cast(null as {{ double() }}) as known_chain_factor
    from touched
    cross join run
    -- through the key of the bars, symbol by symbol
    cross join
        lateral (
            select
                bars.symbol_id,
                bars.session_no,
                bars.session_date,
                bars.close
            from {{ ref('stg_market__bars') }} as bars
            where bars.symbol_id = touched.symbol_id and bars.session_date >= touched.first_session_date
            {{ row_by_row() }} -- noqa: AM09
        ) as bars
    where bars.session_no <= run.last_session_no

),

-- what is already there: the look-back of every frame
look_back as (

    select
        panel.symbol_id,
        panel.session_no,
        panel.has_bar,
        panel.daily_return,
        panel.chain_factor,
        panel.chain_close,
        -- 0 in the stretch of sessions that the first touched one goes on from
        cast(panel.session_no + row_number() over symbol_sessions as integer) - goes_on.first_session_no as island_no
    from {{ published_look_back() }}
    inner join touched as goes_on on panel.symbol_id = goes_on.symbol_id
    window symbol_sessions as (partition by panel.symbol_id order by panel.session_no desc)

),

-- the newest bar before the first touched session, from which returns and the chain go on
seeds as (

    select
        touched.symbol_id,
        newest.session_no,
        newest.session_date,
        newest.close,
        look_back.chain_factor as known_chain_factor
    from touched
    {{ newest_bar_before('touched', date='first_session_date') }}
    left join look_back on touched.symbol_id = look_back.symbol_id and newest.session_no = look_back.session_no

),

chained_bars as (

    select
        *,
        true as is_new
    from new_bars
    union all
    select
        *,
        false
    from seeds

),

neighbours as (

    select
        *,
        lag(session_no) over symbol_sessions as previous_session_no,
        lag(close) over symbol_sessions as previous_close,
        lead(session_no) over symbol_sessions as next_session_no
    from chained_bars
    window symbol_sessions as (partition by symbol_id order by session_no)

),

returns as (

    select
        neighbours.*,
        case
            when neighbours.previous_session_no = neighbours.session_no - 1
                then finance.simple_return(neighbours.close, neighbours.previous_close, coalesce(splits.split_ratio, 1))
        end as daily_return,
        -- what keeps the chained close going: a split is undone, a gap is left flat
        case
            when neighbours.previous_session_no is null then coalesce(neighbours.known_chain_factor, 1)
            when neighbours.previous_session_no = neighbours.session_no - 1 then coalesce(splits.split_ratio, 1)
            else neighbours.previous_close / neighbours.close
        end as chain_step
    from neighbours
    left join splits on neighbours.symbol_id = splits.symbol_id and neighbours.session_no = splits.session_no

),

chained as (

    select
        symbol_id,
        session_no,
        session_date,
        is_new,
        daily_return,
        close,
        next_session_no,
        {{ product('chain_step', 'symbol_sessions') }} as chain_factor,
        -- more than 90 missing sessions are no rows, and part two islands
        cast(count(*) filter (where session_no - previous_session_no > 91) over symbol_sessions as integer) as island_no
    from returns
    window symbol_sessions as (partition by symbol_id order by session_no rows unbounded preceding)

),

gaps as (

    select
        chained.symbol_id,
        gap.session_no,
        chained.island_no
    from chained
    cross join run
    inner join touched on chained.symbol_id = touched.symbol_id
    cross join
        lateral {{ series(
            'greatest(chained.session_no + 1, touched.first_session_no)',
            'least(coalesce(chained.next_session_no - 1, run.last_session_no), chained.session_no + 90)'
        ) }} as gap (session_no)
    where chained.next_session_no is distinct from chained.session_no + 1

),

dense as (

    select
        symbol_id,
        session_no,
        session_date,
        true as has_bar,
        true as is_new,
        daily_return,
        chain_factor,
        close * chain_factor as chain_close,
        island_no
    from chained
    where is_new
    union all
    select
        gaps.symbol_id,
        gaps.session_no,
        sessions.session_date,
        false,
        true,
        null,
        null,
        null,
        gaps.island_no
    from gaps
    inner join {{ ref('stg_calendar__sessions') }} as sessions on gaps.session_no = sessions.session_no
    union all
    select
        look_back.symbol_id,
        look_back.session_no,
        sessions.session_date,
        look_back.has_bar,
        false,
        look_back.daily_return,
        look_back.chain_factor,
        look_back.chain_close,
        look_back.island_no
    from look_back
    inner join {{ ref('stg_calendar__sessions') }} as sessions on look_back.session_no = sessions.session_no

)

select
    dense.*,
    -- symbols are computed in two halves, side by side
    dense.symbol_id % 2 as half_no
from dense
{{ in_order('dense.symbol_id, dense.session_no') }}

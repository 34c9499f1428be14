-- one row per session from the earliest look-back on: the return of each factor ETF, as number and in fixed point
with run as (

    select * from {{ ref('int_run') }}

),

factors as (

    select
        factors.factor_no,
        securities.symbol_id
    from {{ ref('factors') }} as factors
    inner join {{ ref('stg_market__securities') }} as securities on factors.etf_symbol = securities.symbol

),

splits as (

    select * from {{ ref('int_splits') }}

),

sessions as (

    select * from {{ ref('stg_calendar__sessions') }}

),

needed as (

    select
        needed.first_session_no,
        -- the first return stands on the close before it
        coalesce(sessions.session_date, date '1900-01-01') as first_session_date
    from (
        select
            least(
                (select min(touched_symbols.first_session_no) from {{ ref('int_touched_symbols') }} as touched_symbols),
                run.floor_session_no
            ) - 60 as first_session_no
        from run
    ) as needed
    left join sessions on needed.first_session_no - 1 = sessions.session_no

),

bars as (

    select
        factors.factor_no,
        bars.symbol_id,
        bars.session_no,
        bars.close,
        lag(bars.session_no) over factor_sessions as previous_session_no,
        lag(bars.close) over factor_sessions as previous_close
    from factors
    cross join run
    cross join needed
    -- through the key of the bars, factor by factor
    cross join
        lateral (
            select
                bars.symbol_id,
                bars.session_no,
                bars.close
            from {{ ref('stg_market__bars') }} as bars
            where bars.symbol_id = factors.symbol_id and bars.session_date >= needed.first_session_date
            {{ row_by_row() }} -- noqa: AM09
        ) as bars
    where bars.session_no between needed.first_session_no - 1 and run.last_session_no
    window factor_sessions as (partition by bars.symbol_id order by bars.session_no)

),

returns as (

    select
        bars.factor_no,
        bars.session_no,
        finance.simple_return(bars.close, bars.previous_close, coalesce(splits.split_ratio, 1)) as daily_return
    from bars
    left join splits on bars.symbol_id = splits.symbol_id and bars.session_no = splits.session_no
    where bars.previous_session_no = bars.session_no - 1

),

wide as (

    select
        {%- for k in range(1, var('etf_factor_count') + 1) %}
        max(daily_return) filter (where factor_no = {{ k }}) as return_{{ k }},
        {%- endfor %}
        session_no
    from returns
    group by session_no

)

select
    {%- for k in range(1, var('etf_factor_count') + 1) %}
    wide.return_{{ k }},
    finance.fixed_point(wide.return_{{ k }}) as fixed_{{ k }},
    finance.fixed_point(wide.return_{{ k }} * wide.return_{{ k }}) as fixed_square_{{ k }},
    {%- endfor %}
    sessions.session_no
from sessions
cross join run
cross join needed
left join wide on sessions.session_no = wide.session_no
where sessions.session_no between needed.first_session_no and run.last_session_no

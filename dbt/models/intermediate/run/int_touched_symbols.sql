-- one row per symbol with something new: from which session on its figures are computed again
with run as (

    select * from {{ ref('int_run') }}

),

splits as (

    select * from {{ ref('int_splits') }}

),

factors as (

    select securities.symbol_id
    from {{ ref('factors') }} as factors
    inner join {{ ref('stg_market__securities') }} as securities on factors.etf_symbol = securities.symbol

),

new_bars as (

    select
        bars.symbol_id,
        min(bars.session_no) as session_no
    from {{ ref('stg_market__bars') }} as bars
    cross join run
    where bars.load_id > run.after_load_id and bars.session_no <= run.last_session_no
    group by bars.symbol_id

),

-- what was restated or taken back; a fact that is gone has no new row to tell of it
superseded_facts as (

    select
        facts.fact,
        facts.symbol_id,
        min(sessions.session_no) as session_no
    from {{ ref('stg_market__superseded_facts') }} as facts
    cross join run
    inner join {{ ref('stg_calendar__sessions') }} as sessions
        on sessions.session_date between facts.fact_date and facts.fact_date + 10
    where facts.superseded_by_load > run.after_load_id and not run.is_full
    group by facts.fact, facts.symbol_id

),

-- a session's figures exist for every symbol that traded within the 90 sessions before it
new_sessions as (

    select
        securities.symbol_id,
        run.after_session_no + 1 as session_no
    from {{ ref('stg_market__securities') }} as securities
    cross join run
    -- through the key of the bars, symbol by symbol
    cross join
        lateral (
            select bars.session_date from {{ ref('stg_market__bars') }} as bars
            where
                bars.symbol_id = securities.symbol_id
                and bars.session_date >= run.alive_since_date
                and bars.session_no <= run.last_session_no
            order by bars.session_date
            limit 1
        ) as alive
    where run.after_session_no > 0 and run.last_session_no > run.after_session_no

),

-- a split restates the adjusted closes before it, when it becomes known and when the market date passes it
new_splits as (

    select
        splits.symbol_id,
        min(splits.session_no) as session_no
    from splits
    cross join run
    where
        splits.load_id > run.after_load_id
        or splits.session_no between
        least(run.market_session_no, run.previous_market_session_no) + 1
        and greatest(run.market_session_no, run.previous_market_session_no)
    group by splits.symbol_id

),

new_dividends as (

    select
        dividends.symbol_id,
        min(sessions.session_no) as session_no
    from {{ ref('stg_market__dividends') }} as dividends
    cross join run
    inner join {{ ref('stg_calendar__sessions') }} as sessions
        on sessions.session_date between dividends.ex_date and dividends.ex_date + 10
    where dividends.load_id > run.after_load_id and not run.is_full
    group by dividends.symbol_id

),

-- a factor's restated return stands in every symbol's betas
new_factor_bars as (

    select min(bars.session_no) as session_no
    from (
        select
            symbol_id,
            session_no
        from new_bars
        union all
        select
            symbol_id,
            session_no
        from superseded_facts
        where fact <> 'dividend'
    ) as bars
    inner join factors on bars.symbol_id = factors.symbol_id

),

touches as (

    -- a symbol whose bars were withdrawn has no new ones to tell
    select
        securities.symbol_id,
        0 as first_session_no,
        0 as first_effect_session_no
    from {{ ref('stg_market__securities') }} as securities
    cross join run
    where run.is_full
    union all
    select
        symbol_id,
        session_no as first_session_no,
        session_no as first_effect_session_no
    from new_bars
    union all
    select
        symbol_id,
        case when fact = 'split' then 0 else session_no end as first_session_no,
        case when fact <> 'dividend' then session_no end as first_effect_session_no
    from superseded_facts
    union all
    select
        symbol_id,
        session_no as first_session_no,
        session_no as first_effect_session_no
    from new_sessions
    union all
    select
        symbol_id,
        0,
        session_no
    from new_splits
    union all
    select
        symbol_id,
        session_no,
        null
    from new_dividends
    union all
    select
        securities.symbol_id,
        new_factor_bars.session_no as first_session_no,
        new_factor_bars.session_no as first_effect_session_no
    from {{ ref('stg_market__securities') }} as securities
    cross join new_factor_bars
    where new_factor_bars.session_no is not null

),

earliest as (

    select
        symbol_id,
        min(first_session_no) as first_session_no,
        min(first_effect_session_no) as first_effect_session_no
    from touches
    group by symbol_id

)

select
    earliest.*,
    coalesce(sessions.session_date, date '1900-01-01') as first_session_date
from earliest
left join {{ ref('stg_calendar__sessions') }} as sessions on earliest.first_session_no = sessions.session_no

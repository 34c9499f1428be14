-- one row per underlying and session on which an option on it is modelled, or its volatility looked for: the dividends of the year up to it
--   in the shares of the session; none where there were none
with run as (

    select * from {{ ref('int_run') }}

),

underlyings as (

    select
        contracts.risk_symbol_id as symbol_id,
        min(contracts.session_no) - 4 as from_session_no,
        max(contracts.session_no) as through_session_no
    from {{ ref('int_option_contracts') }} as contracts
    group by contracts.risk_symbol_id

),

splits as (

    select
        splits.symbol_id,
        splits.session_no,
        sessions.session_date,
        splits.split_ratio
    from {{ ref('int_splits') }} as splits
    inner join {{ ref('stg_calendar__sessions') }} as sessions on splits.session_no = sessions.session_no

)

select
    underlyings.symbol_id,
    sessions.session_no,
    sum(
        dividends.cash_amount / coalesce((
            select finance.product(splits.split_ratio order by splits.session_no) from splits
            where
                splits.symbol_id = dividends.symbol_id
                and splits.session_date > dividends.ex_date
                and splits.session_no <= sessions.session_no
        ), 1)
        order by dividends.ex_date
    ) as cash_amount
from underlyings
inner join {{ ref('stg_calendar__sessions') }} as sessions
    on sessions.session_no between underlyings.from_session_no and underlyings.through_session_no
inner join {{ ref('stg_market__dividends') }} as dividends
    on
        underlyings.symbol_id = dividends.symbol_id
        and dividends.ex_date > sessions.session_date - 365
        and sessions.session_date >= dividends.ex_date
cross join run
where sessions.session_no <= run.last_session_no
group by underlyings.symbol_id, sessions.session_no

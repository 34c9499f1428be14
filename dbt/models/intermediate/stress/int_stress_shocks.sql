-- one row per scenario and factor that it shocks: the move of the factor in its unit, stated or as it really was
--   a historical replay takes the moves of the window's ends where bars reach so far back for all of its factors; else those that are stated
with run as (

    select * from {{ ref('int_run') }}

),

factors as (

    select
        factor_no,
        factor_name,
        etf_symbol,
        cast(null as integer) as tenor_months
    from {{ ref('factors') }}
    where etf_symbol is not null
    union all
    select
        factor_no,
        factor_name,
        etf_symbol,
        tenor_months
    from {{ ref('macro_factors') }}

),

stated as (

    select
        scenarios.scenario_id,
        scenarios.scenario_no,
        scenarios.replay_from,
        scenarios.replay_to,
        factors.factor_no,
        factors.etf_symbol,
        factors.tenor_months,
        -- a yield moves in percentage points
        shocks.shock * case when factors.tenor_months is null then 1 else 100 end as shock
    from {{ ref('scenarios') }} as scenarios
    inner join {{ ref('scenario_shocks') }} as shocks on scenarios.scenario_id = shocks.scenario_id
    inner join factors on shocks.factor_name = factors.factor_name

),

replayed as (

    select
        stated.*,
        coalesce(
            -- the return of the ETF from the close of one day to that of the other, splits undone
            last_bar.close * coalesce((
                select finance.product(splits.split_ratio) from {{ ref('int_splits') }} as splits
                where
                    splits.symbol_id = first_bar.symbol_id
                    and splits.session_no > first_bar.session_no
                    and splits.session_no <= last_bar.session_no
            ), 1) / first_bar.close - 1,
            last_yield.yield_percent - first_yield.yield_percent
        ) as replayed_shock
    from stated
    cross join run
    left join {{ ref('stg_market__securities') }} as securities on stated.etf_symbol = securities.symbol
    left join {{ ref('stg_market__bars') }} as first_bar
        on
            securities.symbol_id = first_bar.symbol_id
            and stated.replay_from = first_bar.session_date
            and stated.replay_to <= run.market_date
    left join {{ ref('stg_market__bars') }} as last_bar
        on securities.symbol_id = last_bar.symbol_id and stated.replay_to = last_bar.session_date
    left join {{ ref('stg_market__treasury_yields') }} as first_yield
        on
            stated.tenor_months = first_yield.tenor_months
            and stated.replay_from = first_yield.yield_date
            and stated.replay_to <= run.market_date
    left join {{ ref('stg_market__treasury_yields') }} as last_yield
        on stated.tenor_months = last_yield.tenor_months and stated.replay_to = last_yield.yield_date

)

select
    scenario_id,
    scenario_no,
    factor_no,
    case when bool_and(replayed_shock is not null) over scenario then replayed_shock else shock end as shock,
    case when bool_and(replayed_shock is not null) over scenario then 'replayed' else 'stated' end as source
from replayed
window scenario as (partition by scenario_id)

-- one row per symbol and session with a bar: the bar as traded, its close and returns with splits undone
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_symbols') }}
{{ config(alias='security_daily_prices', key=['symbol_id', 'session_no'], scope='symbol') }}
with run as (

    select * from {{ ref('int_run') }}

),

splits as (

    select * from {{ ref('int_splits') }}

),

-- from each split's session back to the one before it, the product of the splits that came after, up to the market date
adjustments as (

    select
        splits.symbol_id,
        coalesce(lag(splits.session_no) over symbol_splits, 0) as from_session_no,
        splits.session_no - 1 as through_session_no,
        {{ product(
            'splits.split_ratio',
            '(partition by splits.symbol_id order by splits.session_no desc rows unbounded preceding)'
        ) }} as split_ratio
    from splits
    cross join run
    where splits.session_no <= run.market_session_no
    window symbol_splits as (partition by splits.symbol_id order by splits.session_no)

)

select
    bars.symbol_id,
    bars.session_no,
    bars.session_date,
    bars.open,
    bars.high,
    bars.low,
    bars.close,
    bars.volume,
    bars.close / coalesce(adjustments.split_ratio, 1) as split_adjusted_close,
    returns.daily_return,
    -- cash over yesterday's close in today's shares, which is close / (1 + return)
    returns.daily_return + coalesce(dividends.cash_amount, 0) * (1 + returns.daily_return) / bars.close as total_return,
    bars.source
from {{ ref('stg_market__bars') }} as bars
inner join {{ ref('int_touched_symbols') }} as touched on bars.symbol_id = touched.symbol_id
cross join run
inner join
    {{ ref('int_daily_returns') }} as returns
    on bars.symbol_id = returns.symbol_id and bars.session_no = returns.session_no and returns.is_new
left join adjustments
    on
        bars.symbol_id = adjustments.symbol_id
        and bars.session_no between adjustments.from_session_no and adjustments.through_session_no
left join
    {{ ref('int_dividends') }} as dividends
    on bars.symbol_id = dividends.symbol_id and bars.session_no = dividends.session_no
where bars.session_date >= touched.first_session_date and bars.session_no <= run.last_session_no

-- one row per symbol and session with a bar
select
    securities.symbol,
    prices.session_date,
    prices.session_no,
    prices.open,
    prices.high,
    prices.low,
    prices.close,
    prices.volume,
    prices.split_adjusted_close,
    prices.daily_return,
    prices.total_return,
    prices.source,
    v.is_simulated,
    prices.run_id
from {{ ref('published_security_daily_prices') }} as prices
inner join ops.visible_run() as v on {{ is_visible('prices') }}
inner join {{ ref('stg_market__securities') }} as securities on prices.symbol_id = securities.symbol_id
where prices.session_no <= v.market_session_no

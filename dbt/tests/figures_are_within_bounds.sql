-- what no market can bring about: a condition that must never be true, mart by mart
{% set impossible = {
    'security_daily_prices': [
        'close <= 0', 'split_adjusted_close <= 0', 'daily_return <= -1', 'low > high', 'volume < 0',
        'total_return < daily_return', '(total_return is null) <> (daily_return is null)',
    ],
    'security_daily_betas': [
        'n_obs not between 0 and 60', 'r_squared not between 0 and 1', 'std_error < 0',
        "(status = 'unavailable') <> (beta_60d is null)", 'n_obs < ' ~ var('minimum_observations') ~ ' and beta_60d is not null',
        "status = 'ok' and n_obs < 60",
    ],
    'security_daily_risk': [
        'n_obs not between 0 and 60', 'drawdown_n_obs not between 0 and 90', 'n_obs > drawdown_n_obs',
        'volatility_60d_annualized < 0', 'max_drawdown_90d not between -1 and 0',
        "(status = 'unavailable') <> (volatility_60d_annualized is null)", "status = 'ok' and n_obs < 60",
    ],
    'portfolio_daily_risk': [
        'coverage not between 0 and 1', 'n_obs not between 0 and 60', 'realized_n_obs not between 0 and 60',
        'drawdown_n_obs not between 0 and 90', 'volatility_60d_annualized < 0', 'realized_volatility_60d < 0',
        'var_95_1d < 0', 'max_drawdown_90d > 0', 'peak_date > trough_date', 'trough_date > recovery_date',
        '(max_drawdown_90d < 0) <> (trough_date is not null)', "status = 'unavailable' and var_95_1d_pct is not null",
        "status <> 'unavailable' and (var_95_1d is null or volatility_60d_annualized is null)",
        "status = 'ok' and (n_obs < 60 or coverage < 1)", "beta_status = 'unavailable' and beta is not null",
        "realized_status = 'unavailable' and sharpe_ratio is not null", "realized_status = 'ok' and realized_n_obs < 60",
        "drawdown_status = 'unavailable' and max_drawdown_90d is not null",
        "drawdown_status = 'ok' and drawdown_n_obs < 90", "(beta_status = 'ok') <> (beta_reason is null)",
        "(realized_status = 'ok') <> (realized_reason is null)", "(drawdown_status = 'ok') <> (drawdown_reason is null)",
    ],
    'portfolio_factor_exposures': [
        'coverage not between 0 and 1', 'n_obs < 0', "(status = 'unavailable') <> (exposure is null)",
        "factor_name <> 'Short Interest' and n_obs > 60",
        "status = 'ok' and coverage < 1",
    ],
    'portfolio_daily_snapshots': [
        'long_exposure < 0', 'short_exposure > 0', 'delta_long_exposure < 0', 'delta_short_exposure > 0',
        'position_count < 0', 'position_count = 0 and gross_exposure <> 0',
    ],
    'portfolio_greeks': ['option_count < 0', 'option_count = 0 and (gamma <> 0 or theta <> 0 or vega <> 0)'],
    'position_daily_values': ['mark < 0', "(quantity = 0) <> (price_source = 'exit')", 'market_value * quantity < 0'],
    'position_exits': ['quantity <= 0', 'exit_price < 0', 'entered_quantity * held_quantity < 0'],
    'positions': [
        'is_expired and is_closed', 'is_closed and (market_value <> 0 or delta_adjusted_exposure <> 0 or delta <> 0 or exit_price is null)',
        '(exit_price is null) <> (exit_date is null)',
        'is_expired and (market_value <> 0 or delta_adjusted_exposure <> 0 or delta <> 0)', 'is_expired and realized_pnl is null',
        'quantity * entered_quantity <= 0', "is_expired and expiration_date is null", 'notional_exposure <> abs(market_value)',
    ],
    'data_coverage': [
        'coverage_90 not between 0 and 1', 'missing_sessions <> expected_90 - actual_90', 'actual_90 > expected_90',
        'expected_90 not between 1 and 90', "(status = 'unavailable') <> (actual_90 = 0)",
    ],
} %}
{% for mart, conditions in impossible.items() %}
select
    '{{ mart }}' as mart,
    row_to_json(figures) as figures
from {{ ref(mart) }} as figures
where
    run_id = (select run_id from ops.visible_run())
    and (
        {%- for condition in conditions %}
        {{ "or " if not loop.first }}({{ condition }})
        {%- endfor %}
    )
{{ "union all" if not loop.last }}
{% endfor %}

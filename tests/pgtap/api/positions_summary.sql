-- api.positions_summary: what lots come to
select plan(2);
select is(
    api.positions_summary(2, 30, -10, -4, 1.5, null, 0.5, null, -2, 0)::jsonb,
    '{"total_positions": 2, "gross_exposure": 30, "net_exposure": -10, "market_value": -10, "delta_adjusted_exposure": -4,
      "unrealized_pnl": 1.5, "daily_pnl": 0, "greeks": {"delta": 0.5, "gamma": 0, "theta": -2, "vega": 0}}'::jsonb,
    'each sum under its name; what nothing adds to is 0'
);
select is(
    (api.positions_summary(0, null, null, null, null, null, null, null, null, null)::jsonb - 'greeks'),
    '{"total_positions": 0, "gross_exposure": 0, "net_exposure": 0, "market_value": 0, "delta_adjusted_exposure": 0,
      "unrealized_pnl": 0, "daily_pnl": 0}'::jsonb,
    'of no lot'
);
select * from finish();

-- finance.sharpe_ratio(mean, stddev, risk_free): as db/functions/finance/sharpe_ratio.sql
create or replace function finance.sharpe_ratio(mean_daily_return double, daily_stddev double, risk_free_rate double)
returns double
return (mean_daily_return - risk_free_rate / 252) / nullif(daily_stddev, 0) * 15.874507866387544D

-- finance.sharpe_ratio(mean, stddev, risk_free): annualised; risk_free is a yearly rate; null when the returns do not vary.
create or replace function finance.sharpe_ratio(
    mean_daily_return double precision, daily_stddev double precision, risk_free_rate double precision
) returns double precision
language sql immutable parallel safe
return (mean_daily_return - risk_free_rate / 252) / nullif(daily_stddev, 0) * 15.874507866387544::double precision;

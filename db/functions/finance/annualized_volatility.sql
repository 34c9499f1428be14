-- finance.annualized_volatility(daily): daily standard deviation times the square root of 252 sessions.
create or replace function finance.annualized_volatility(daily_stddev double precision) returns double precision
language sql immutable parallel safe
return daily_stddev * 15.874507866387544::double precision;

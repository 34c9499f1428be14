-- finance.annualized_volatility(daily): as db/functions/finance/annualized_volatility.sql
create or replace function finance.annualized_volatility(daily_stddev double) returns double
return daily_stddev * 15.874507866387544D

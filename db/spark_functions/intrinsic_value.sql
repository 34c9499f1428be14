-- finance.intrinsic_value(option_type, strike, underlying_price): as db/functions/finance/intrinsic_value.sql
create or replace function finance.intrinsic_value(option_type string, strike_price double, underlying_price double)
returns double
return case
    when underlying_price is null then null
    when option_type = 'call' then greatest(underlying_price - strike_price, 0)
    when option_type = 'put' then greatest(strike_price - underlying_price, 0)
end

-- finance.intrinsic_value(option_type, strike, underlying_price): per share at expiration, never negative;
-- null when the price is unknown (greatest() would make it 0).
create or replace function finance.intrinsic_value(
    option_type text, strike_price double precision, underlying_price double precision
) returns double precision
language sql immutable parallel safe
return case
    when underlying_price is null then null
    when option_type = 'call' then greatest(underlying_price - strike_price, 0)
    when option_type = 'put' then greatest(strike_price - underlying_price, 0)
end;

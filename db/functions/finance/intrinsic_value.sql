-- finance.intrinsic_value(option_type, strike, underlying_price): per share at expiration, never negative.
create or replace function finance.intrinsic_value(
    option_type text, strike_price double precision, underlying_price double precision
) returns double precision
language sql immutable parallel safe
return case option_type
    when 'call' then greatest(underlying_price - strike_price, 0)
    when 'put' then greatest(strike_price - underlying_price, 0)
end;

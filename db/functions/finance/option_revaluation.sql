-- finance.option_revaluation(…, shares, move): what options gain when their underlying moves by a fraction at once, volatility, rate and
--   dividend yield unchanged: shares x (price after - price before), by Black, Scholes and Merton. shares: of the underlying, signed.
--   The underlying does not fall below a millionth of a dollar. Null where something is unknown or beyond the model.
create or replace function finance.option_revaluation(
    option_type text, spot double precision, strike double precision, years double precision, rate double precision,
    dividend_yield double precision, volatility double precision, shares double precision, move double precision
) returns double precision
language plpgsql immutable parallel safe strict
set search_path = pg_catalog
as $$
begin
    return shares * (
        finance.black_scholes_price(option_type, greatest(spot * (1 + move), 1e-6), strike, years, rate, dividend_yield, volatility)
        - finance.black_scholes_price(option_type, spot, strike, years, rate, dividend_yield, volatility)
    );
end
$$;

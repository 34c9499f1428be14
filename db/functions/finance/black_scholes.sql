-- finance.normal_cdf(x): the standard normal distribution function; relative error 2e-14 down to x = -10 and 3e-13 to -37, absolute 4e-16.
-- finance.normal_density(x): its density. PostgreSQL raises an error when exp() underflows, so beyond 37 both are what they round to.
-- The tail is exp(-x²/2) p(|x|) / q(|x|): p and q are a minimax fit of our own (relative error 5e-17 on 0 … 38), all coefficients
-- positive, so nothing cancels. Cheap when x is a column: it is inlined then, and called as a function when x is an expression.
create or replace function finance.normal_cdf(x double precision) returns double precision
language sql immutable parallel safe
return case
    when x between -37 and 37
        then
            case when x > 0 then 1 else 0 end
            + case when x > 0 then -1 else 1 end * exp(-0.5::double precision * x * x)
            * (((((((((
                1.3717988390083348e-6::double precision * abs(x) + 3.694293635330497e-5::double precision
            ) * abs(x) + 4.8699872448155758e-4::double precision
            ) * abs(x) + 4.0657193366047343e-3::double precision
            ) * abs(x) + 0.023511524802973549::double precision
            ) * abs(x) + 0.097336891876217894::double precision
            ) * abs(x) + 0.28852618881148154::double precision
            ) * abs(x) + 0.5929187334279662::double precision
            ) * abs(x) + 0.77409685669138701::double precision
            ) * abs(x) + 0.5::double precision)
            / ((((((((((
                3.4385897569757001e-6::double precision * abs(x) + 9.2602208808754598e-5::double precision
            ) * abs(x) + 1.2241633624667158e-3::double precision
            ) * abs(x) + 0.010283849242723413::double precision
            ) * abs(x) + 0.060148500893127132::double precision
            ) * abs(x) + 0.25399343570351628::double precision
            ) * abs(x) + 0.77975574562283717::double precision
            ) * abs(x) + 1.7107537036873385::double precision
            ) * abs(x) + 2.5577371002639775::double precision
            ) * abs(x) + 2.3460782741856301::double precision
            ) * abs(x) + 1)
    when x < 0 then 0
    -- NaN is greater than infinity to PostgreSQL, and stays unknown
    when x <= 'Infinity' then 1
end;

create or replace function finance.normal_density(x double precision) returns double precision
language sql immutable parallel safe
return case
    when x between -37 and 37 then 0.3989422804014327::double precision * exp(-0.5::double precision * x * x)
    when x <= 'Infinity' then 0
end;

-- finance.black_scholes(option_type, spot, strike, years, rate, dividend_yield, volatility): price and Greeks of a European option on
-- a stock with a dividend yield (Black, Scholes and Merton), one row, for one share. Rates and yields compound continuously, a year.
--   delta   shares of the underlying          gamma  change of delta for a dollar
--   theta   dollars a year                    vega   dollars for 1.00 of volatility          rho  dollars for 1.00 of rate
-- Without time or volatility the option is worth what it is worth for certain: delta is 0 or the whole, at the money a call's is 0;
-- at expiration theta is 0. Null when something is unknown or not within what finance.are_option_terms allows.
-- Use it in FROM (`cross join lateral finance.black_scholes(…)`): the planner inlines it and computes only the columns asked for.
-- finance.black_scholes_price(…): the price alone, as a value, for use in expressions.
-- finance.are_option_terms(…): whether the formulas can be used without leaving what a double precision holds; false for NaN.
create or replace function finance.are_option_terms(
    option_type text, spot double precision, strike double precision, years double precision,
    rate double precision, dividend_yield double precision
) returns boolean
language sql immutable parallel safe
return option_type in ('call', 'put') and spot between 1e-6 and 1e12 and strike between 1e-6 and 1e12
and years between 0 and 100 and rate between -1 and 1 and dividend_yield between -1 and 1;

create or replace function finance.black_scholes(
    option_type text, spot double precision, strike double precision, years double precision,
    rate double precision, dividend_yield double precision, volatility double precision
) returns table (
    price double precision, delta double precision, gamma double precision,
    theta double precision, vega double precision, rho double precision
)
language sql immutable parallel safe
as $$
-- step by step, each computed once: `offset 0` keeps the planner from writing one step into the next
select
    side * (stock * n1 - cash * n2) as price,
    side * carry * n1 as delta,
    case when spread > 0 then carry * density / (spot * spread) when spread = 0 then 0 end as gamma,
    case
        when years > 0 and spread > 0
            then side * (dividend_yield * stock * n1 - rate * cash * n2) - stock * density * spread / (2 * years)
        when years > 0 then side * (dividend_yield * stock * n1 - rate * cash * n2)
        when years = 0 and spread = 0 then 0
    end as theta,
    case when spread > 0 then stock * density * sqrt(years) when spread = 0 then 0 end as vega,
    side * years * cash * n2 as rho
from (
    select
        *,
        finance.normal_cdf(x1) as n1,
        finance.normal_cdf(x2) as n2,
        finance.normal_density(x1) as density
    from (
        select
            *,
            side * d1 as x1,
            side * (d1 - spread) as x2
        from (
            select
                *,
                case
                    when spread > 0 then ln(stock / cash) / spread + spread / 2
                    when stock > cash then 'Infinity'::double precision
                    when stock <= cash then '-Infinity'::double precision
                end as d1
            from (
                select
                    case when is_valid and option_type = 'call' then 1 when is_valid then -1 end as side,
                    -- less than 1e-9 is certainty
                    case when is_valid then case when volatility * sqrt(years) > 1e-9 then volatility * sqrt(years) else 0 end end
                        as spread,
                    case when is_valid then exp(-dividend_yield * years) end as carry,
                    case when is_valid then spot * exp(-dividend_yield * years) end as stock,
                    case when is_valid then strike * exp(-rate * years) end as cash
                from (
                    select
                        finance.are_option_terms(option_type, spot, strike, years, rate, dividend_yield)
                        and volatility between 0 and 100 as is_valid
                    offset 0
                ) as checked
                offset 0
            ) as discounted
            offset 0
        ) as moneyness
        offset 0
    ) as sided
    offset 0
) as chances;
$$;

create or replace function finance.black_scholes_price(
    option_type text, spot double precision, strike double precision, years double precision,
    rate double precision, dividend_yield double precision, volatility double precision
) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog
as $$
declare
    side integer := case option_type when 'call' then 1 when 'put' then -1 end;
    stock double precision;
    cash double precision;
    spread double precision;
    x1 double precision;
    x2 double precision;
begin
    if not coalesce(
        finance.are_option_terms(option_type, spot, strike, years, rate, dividend_yield) and volatility between 0 and 100, false
    ) then
        return null;
    end if;
    stock := spot * exp(-dividend_yield * years);
    cash := strike * exp(-rate * years);
    spread := volatility * sqrt(years);
    if spread <= 1e-9 then
        return greatest(side * (stock - cash), 0);
    end if;
    x1 := side * (ln(stock / cash) / spread + spread / 2);
    x2 := x1 - side * spread;
    return side * (stock * finance.normal_cdf(x1) - cash * finance.normal_cdf(x2));
end
$$;

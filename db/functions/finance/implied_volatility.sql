-- finance.implied_volatility(option_type, price, spot, strike, years, rate, dividend_yield): the volatility, a year, for which
-- finance.black_scholes gives that price for one share; null where there is none, and where it is 2000 % or more.
-- finance.implied_volatility_reason(the same): why the price implies none; null when it is a price that can be.
-- What an option is worth beyond its certain value is what the other option of that strike is worth that is out of the money, so that
-- one is solved for, as a call in units of sqrt(spot x strike), both discounted (no digits are lost deep in the money):
--   b(s) = e^(-y/2) N(s/2 - y/s) - e^(y/2) N(-s/2 - y/s),   y = |ln(forward / strike)|,   s = volatility x sqrt(years)
-- b bends at s = sqrt(2 y). Below, Halley's steps go on ln b, above on b; a step that leaves what brackets the answer is halved.
create or replace function finance.implied_volatility(
    option_type text, price double precision, spot double precision, strike double precision,
    years double precision, rate double precision, dividend_yield double precision
) returns double precision
language plpgsql immutable parallel safe
set search_path = pg_catalog
as $$
declare
    stock double precision;
    cash double precision;
    side integer := case option_type when 'call' then 1 else -1 end;
    y double precision;
    down double precision;
    up double precision;
    target double precision;
    low double precision := 0;
    high double precision;
    s double precision;
    x1 double precision;
    x2 double precision;
    b double precision;
    newton double precision;
    bend double precision;
    step double precision;
    is_below_bend boolean;
begin
    if finance.implied_volatility_reason(option_type, price, spot, strike, years, rate, dividend_yield) is not null then
        return null;
    end if;
    stock := spot * exp(-dividend_yield * years);
    cash := strike * exp(-rate * years);
    y := abs(ln(stock / cash));
    down := exp(-0.5 * y);
    up := 1 / down;
    target := (price - greatest(side * (stock - cash), 0)) / sqrt(stock * cash);

    -- at the bend
    s := sqrt(2 * y);
    x2 := -s;
    is_below_bend := s > 0 and target < 0.5 * down - up * finance.normal_cdf(x2);
    if is_below_bend then
        high := s;
        -- b is about e^(-y²/(2 s²)) far out
        s := least(s, y / sqrt(-2 * ln(target)));
    else
        low := s;
        high := 20 * sqrt(years);
        -- the tangent there lies above
        s := greatest(s, target * 2.5066282746310002);
    end if;

    for attempt in 1 .. 200 loop
        x1 := s / 2 - y / s;
        x2 := x1 - s;
        b := down * finance.normal_cdf(x1) - up * finance.normal_cdf(x2);
        if b < target then
            low := s;
        else
            high := s;
        end if;
        step := null;
        if b > 0 and abs(x1) < 37 then
            newton := b / (down * finance.normal_density(x1));
            bend := (y / s) * (y / s) / s - s / 4;
            if is_below_bend then
                step := newton * ln(target / b);
                bend := bend - 1 / newton;
            else
                step := (target / b - 1) * newton;
            end if;
            step := step / greatest(1 + 0.5 * step * bend, 0.5);
            if abs(step) <= 1e-15 * s then
                exit;
            end if;
        end if;
        if step is null or s + step <= low or s + step >= high then
            step := (low + high) / 2 - s;
        end if;
        s := s + step;
        exit when abs(step) <= 1e-14 * s;
    end loop;
    return case when s < 19.999 * sqrt(years) then s / sqrt(years) end;
end
$$;

create or replace function finance.implied_volatility_reason(
    option_type text, price double precision, spot double precision, strike double precision,
    years double precision, rate double precision, dividend_yield double precision
) returns text
language sql immutable parallel safe
return case
    when num_nulls(option_type, price, spot, strike, years, rate, dividend_yield) > 0 then 'something is unknown'
    when
        not finance.are_option_terms(option_type, spot, strike, years, rate, dividend_yield)
        or not price between 1e-100 and 1e12
        then 'these are not an option''s terms'
    when years = 0 then 'no time is left'
    when not price > case option_type
        when 'call' then greatest(spot * exp(-dividend_yield * years) - strike * exp(-rate * years), 0)
        else greatest(strike * exp(-rate * years) - spot * exp(-dividend_yield * years), 0)
    end then 'the price is not above what the option is worth for certain'
    when not price < case option_type
        when 'call' then spot * exp(-dividend_yield * years)
        else strike * exp(-rate * years)
    end then 'the price is not below what the option can be worth at most'
end;

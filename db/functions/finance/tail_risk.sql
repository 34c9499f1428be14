-- finance.historical_var(pnl, percent): the loss that the worst `percent` % of the values reach, as a positive number: of n values the
--   ceil(n * percent / 100)-th worst one. No interpolation: a loss that there was. Negative where even that one is a gain. pnl has no nulls.
create or replace function finance.historical_var(pnl double precision[], percent integer) returns double precision
language sql immutable strict parallel safe
return (
    select -(array_agg(value order by value))[greatest((cardinality(pnl) * percent + 99) / 100, 1)]
    from unnest(pnl) as value
);

-- finance.expected_shortfall(pnl, percent): the mean of the worst `percent` % (Acerbi and Tasche, the same as Rockafellar and Uryasev's): the
--   value at the edge counts for the fraction of it that belongs to them. At least as much as historical_var.
create or replace function finance.expected_shortfall(pnl double precision[], percent integer) returns double precision
language sql immutable strict parallel safe
return (
    select -sum(worst.value * least(1, worst.tail - worst.place + 1)) / min(worst.tail)
    from (
        select
            value,
            row_number() over (order by value) as place,
            cardinality(pnl) * percent / 100.0::double precision as tail
        from unnest(pnl) as value
    ) as worst
    where worst.place < worst.tail + 1
);

-- finance.ewma_deviation(pnl, decay): RiskMetrics: sqrt(sum (1 - decay) decay^k pnl^2 / (1 - decay^n)), k = 0 the last value, mean 0
create or replace function finance.ewma_deviation(pnl double precision[], decay double precision)
returns double precision
language sql immutable strict parallel safe
return (
    select
        sqrt(
            (1 - decay) * sum(power(decay, cardinality(pnl) - one.place) * one.value * one.value order by one.place)
            / (1 - power(decay, cardinality(pnl)))
        )
    from unnest(pnl) with ordinality as one (value, place)
);

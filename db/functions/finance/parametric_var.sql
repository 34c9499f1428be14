-- finance.parametric_var_95(stddev): one-day 95 % value at risk of a normal P&L with mean 0, a positive amount (contract, section 7).
create or replace function finance.parametric_var_95(pnl_stddev double precision) returns double precision
language sql immutable parallel safe
return 1.6448536269514722::double precision * pnl_stddev;

-- finance.parametric_var_99(stddev): the same at 99 %.
create or replace function finance.parametric_var_99(pnl_stddev double precision) returns double precision
language sql immutable parallel safe
return 2.3263478740408408::double precision * pnl_stddev;

-- finance.var_95_to_99(var_95): the 99 % value at risk of the same normal P&L.
create or replace function finance.var_95_to_99(var_95 double precision) returns double precision
language sql immutable parallel safe
return 2.3263478740408408::double precision * (var_95 / 1.6448536269514722::double precision);

-- finance.parametric_var_95(stddev): one-day 95 % value at risk of a normal P&L with mean 0, a positive amount (contract, section 7).
create or replace function finance.parametric_var_95(pnl_stddev double precision) returns double precision
language sql immutable parallel safe
return 1.6448536269514722::double precision * pnl_stddev;

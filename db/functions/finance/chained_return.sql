-- finance.fixed_log(r): ln(1 + r) in units of 1e-16, so that sums over windows are exact wherever they began; null where r is
--   -97 % or less or 3000 % or more, so that 250 of them cannot overflow.
-- finance.chained_return(n): the return of a period whose fixed_logs sum to n.
create or replace function finance.fixed_log(r double precision) returns bigint
language sql immutable parallel safe
return case when r > -0.97 and r < 30 then (ln(1 + r) * 1e16::double precision)::bigint end;

create or replace function finance.chained_return(n bigint) returns double precision
language sql immutable parallel safe
return exp(n::double precision * 1e-16::double precision) - 1;

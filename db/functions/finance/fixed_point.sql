-- finance.fixed_point(x): x in units of 1e-17, for |x| <= 1; null outside, so that no frame of 90 rows can overflow.
-- finance.from_fixed_point(n): back to double precision.
create or replace function finance.fixed_point(x double precision) returns bigint
language sql immutable parallel safe
return case when x between -1 and 1 then (x * 1e17::double precision)::bigint end;

create or replace function finance.from_fixed_point(n bigint) returns double precision
language sql immutable parallel safe
return n::double precision * 1e-17::double precision;

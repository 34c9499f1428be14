-- finance.fixed_point(x): as db/functions/finance/fixed_point.sql; Spark's models carry it, and sum what it comes from
create or replace function finance.fixed_point(x double) returns bigint
return case when x between -1 and 1 then cast(round(x * 1e17D) as bigint) end

-- finance.split_ratio(split_from, split_to): as db/functions/finance/split_ratio.sql
create or replace function finance.split_ratio(split_from double, split_to double) returns double
return split_to / nullif(split_from, 0)

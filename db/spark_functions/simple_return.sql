-- finance.simple_return(close, previous_close, split_ratio): as db/functions/finance/simple_return.sql
create or replace function finance.simple_return(close double, previous_close double, split_ratio double) returns double
return close * split_ratio / nullif(previous_close, 0) - 1

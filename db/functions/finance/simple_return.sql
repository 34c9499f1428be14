-- finance.simple_return(close, previous_close, split_ratio): price return of one session, splits undone (contract, section 2).
-- split_ratio is new shares per old share executed since the previous close (1 when none). Null when either close is missing.
create or replace function finance.simple_return(
    close double precision, previous_close double precision, split_ratio double precision
) returns double precision
language sql immutable parallel safe
return close * split_ratio / nullif(previous_close, 0) - 1;

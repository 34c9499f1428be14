-- finance.split_ratio(split_from, split_to): new shares per old share, e.g. 4 for a 4-for-1 split, 1/3 for a 1-for-3.
create or replace function finance.split_ratio(split_from numeric, split_to numeric) returns double precision
language sql immutable parallel safe
return split_to::double precision / nullif(split_from, 0)::double precision;

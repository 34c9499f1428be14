-- api.is_strategy(): whether a tag of this name stands for a strategy
create or replace function api.is_strategy(p_name text) returns boolean
language sql immutable parallel safe
as $$ select left(lower(p_name), 10) = '#strategy:' $$;

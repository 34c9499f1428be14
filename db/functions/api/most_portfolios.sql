-- api.most_portfolios(): how many portfolios a user may open: one, unless the database says otherwise
--   alter database … set sigmasight.portfolios_per_user = 5
-- The one place of that policy: the data and all reads know of any number.
create or replace function api.most_portfolios() returns integer
language sql stable
set search_path = pg_catalog
as $$
select coalesce(nullif(current_setting('sigmasight.portfolios_per_user', true), '')::integer, 1)
$$;

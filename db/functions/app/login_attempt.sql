-- app.login_attempt(): takes note of an attempt to give the password of an account, before it is checked
--   null where it may be checked, else the seconds to wait
-- The attempt counts as a failure until app.login_succeeded(), so that attempts at once cannot exceed a limit. Limits of
-- failures within 15 minutes:
--   5   of one account from one address
--   50  from one address (for IPv6 its /64), whatever the account
--   20  of one account, whatever the address: from then on every address has 1 of its own instead of 5
-- The last two do not hold where the account logged in from the address within 90 days: no stranger keeps its owner out,
-- and from a new address the owner still has one try. A refused attempt is not counted; a success forgets those of the
-- account from the address. Unknown accounts are counted as known ones are.
-- Called by functions of the API that are security definer; the API itself may not.
create or replace function app.login_attempt(p_name text, p_address inet) returns integer
language plpgsql
set search_path = pg_catalog
as $$
declare
    span constant interval := '15 minutes';
    most_of_pair constant integer := 5;
    most_of_pair_when_slowed constant integer := 1;
    most_of_address constant integer := 50;
    most_of_account constant integer := 20;
    counted_account constant bytea := app.login_account(p_name);
    counted_address constant inet := app.login_address(p_address);
    is_known boolean;
    moment timestamptz;
    first_that_counts timestamptz;
    is_slowed boolean;
    refused_until timestamptz;
begin
    -- whoever counts the same failures takes turns; first the address, then the account, so that nobody waits in a circle
    perform pg_advisory_xact_lock(hashtextextended('login from ' || counted_address, 0));
    perform pg_advisory_xact_lock(hashtextextended('login to ' || encode(counted_account, 'hex'), 0));
    moment := clock_timestamp();
    first_that_counts := moment - span;
    delete from app.login_failures f where f.attempt_id in (
        select o.attempt_id from app.login_failures o where o.attempted_at <= first_that_counts
        order by o.attempted_at limit 100 for update skip locked
    );
    is_known := exists (
        select from app.login_addresses k
        where k.account = counted_account and k.address = counted_address and k.last_login_at > moment - interval '90 days'
    );
    is_slowed := not is_known and exists (
        select from app.login_failures f where f.account = counted_account and f.attempted_at > first_that_counts
        order by f.attempted_at desc offset most_of_account - 1 limit 1
    );
    -- the oldest failure of a full count: when it leaves the window, there is room
    select max(full_count.attempted_at) + span into refused_until
    from (
        (
            select f.attempted_at from app.login_failures f
            where f.account = counted_account and f.address = counted_address and f.attempted_at > first_that_counts
            order by f.attempted_at desc
            offset case when is_slowed then most_of_pair_when_slowed else most_of_pair end - 1 limit 1
        )
        union all
        (
            select f.attempted_at from app.login_failures f
            where not is_known and f.address = counted_address and f.attempted_at > first_that_counts
            order by f.attempted_at desc offset most_of_address - 1 limit 1
        )
    ) full_count;
    if refused_until is not null then
        return greatest(1, ceil(extract(epoch from refused_until - moment)));
    end if;
    insert into app.login_failures (account, address, attempted_at)
    values (counted_account, counted_address, moment);
    return null;
end
$$;

-- an account as it is counted: a hash, because people type passwords where names belong
create or replace function app.login_account(p_name text) returns bytea
language sql stable
set search_path = pg_catalog
as $$ select sha256(convert_to(lower(p_name), 'UTF8')) $$;

-- an address as it is counted: of IPv6 the /64 that one customer has
create or replace function app.login_address(p_address inet) returns inet
language sql immutable
set search_path = pg_catalog
as $$ select case when family(p_address) = 6 then network(set_masklen(p_address, 64)) else p_address end $$;

-- The password was right: the failures of the account from the address are forgotten, and that it was there is not.
create or replace function app.login_succeeded(p_name text, p_address inet, p_user_id uuid) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
    counted_account constant bytea := app.login_account(p_name);
    counted_address constant inet := app.login_address(p_address);
begin
    delete from app.login_failures f where f.account = counted_account and f.address = counted_address;
    insert into app.login_addresses as k (account, address, user_id, last_login_at)
    values (counted_account, counted_address, p_user_id, clock_timestamp())
    on conflict on constraint login_addresses_pkey
    do update set user_id = excluded.user_id, last_login_at = excluded.last_login_at;
    delete from app.login_addresses k
    where k.user_id = p_user_id and k.last_login_at < clock_timestamp() - interval '90 days';
end
$$;

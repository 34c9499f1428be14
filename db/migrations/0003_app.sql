-- What people own: users, portfolios, lots and tags.

create schema app;

-- one row per person who can log in
create table app.users (
    user_id uuid primary key default gen_random_uuid(),
    username text,
    email text not null,
    full_name text not null,
    password_hash text not null,
    is_active boolean not null default true,
    is_admin boolean not null default false,
    is_demo boolean not null default false,
    db_role name,
    created_at timestamptz not null default clock_timestamp()
);
create unique index users_email on app.users (lower(email));
create unique index users_username on app.users (lower(username));
create unique index users_db_role on app.users (db_role);
comment on table app.users is 'One row per person; db_role names the database role of an analyst who queries with SQL.';

-- one row per portfolio
create table app.portfolios (
    portfolio_id uuid primary key default gen_random_uuid(),
    user_id uuid not null references app.users on delete cascade,
    name text not null,
    description text,
    currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
    equity_balance numeric(20, 4) check (equity_balance > 0),
    change_no bigint not null default 0,
    created_at timestamptz not null default clock_timestamp()
);
create index portfolios_user_id on app.portfolios (user_id);
comment on table app.portfolios is 'One row per portfolio; equity_balance null means not declared; change_no grows with every change of it, its lots or tags.';

-- one row per file of positions that was taken over
create table app.imports (
    import_id uuid primary key default gen_random_uuid(),
    portfolio_id uuid not null references app.portfolios on delete cascade,
    file_name text not null,
    file_format text not null,
    sha256 bytea not null,
    row_count integer not null,
    created_count integer not null,
    updated_count integer not null default 0,
    unchanged_count integer not null,
    closed_count integer not null,
    imported_at timestamptz not null default clock_timestamp()
);
comment on table app.imports is 'One row per positions file taken over, whole.';

-- one row per lot: (portfolio, symbol, entry date, entry price)
create table app.positions (
    position_id uuid primary key default gen_random_uuid(),
    portfolio_id uuid not null references app.portfolios on delete cascade,
    symbol text not null,
    symbol_id integer not null references raw.securities,
    position_type text not null check (position_type in ('LONG', 'SHORT', 'LC', 'LP', 'SC', 'SP')),
    quantity numeric(24, 8) not null check (quantity <> 0),
    entry_price numeric(20, 8) not null check (entry_price > 0),
    entry_date date not null,
    underlying_symbol text,
    underlying_symbol_id integer references raw.securities,
    option_type text check (option_type in ('call', 'put')),
    strike_price numeric(20, 8) check (strike_price > 0),
    expiration_date date,
    import_id uuid references app.imports on delete set null,
    created_at timestamptz not null default clock_timestamp(),
    removed_at timestamptz,
    check ((position_type in ('LONG', 'LC', 'LP')) = (quantity > 0)),
    check ((position_type in ('LONG', 'SHORT')) = (underlying_symbol is null)),
    check (
        (underlying_symbol is null) = (strike_price is null)
        and (underlying_symbol is null) = (expiration_date is null)
        and (underlying_symbol is null) = (option_type is null)
        and (underlying_symbol is null) = (underlying_symbol_id is null)
    )
);
create unique index positions_lot on app.positions (portfolio_id, symbol, entry_date, entry_price)
where removed_at is null;
create index positions_symbol_id on app.positions (symbol_id);
comment on table app.positions is 'One row per lot as entered; removed_at is when a later file no longer held it.';

-- one row per tag of a user
create table app.tags (
    tag_id uuid primary key default gen_random_uuid(),
    user_id uuid not null references app.users on delete cascade,
    name text not null check (length(name) between 1 and 50),
    color text not null default '#3B82F6' check (color ~ '^#[0-9A-Fa-f]{6}$'),
    created_at timestamptz not null default clock_timestamp()
);
create unique index tags_name on app.tags (user_id, lower(name));
comment on table app.tags is 'One row per tag; names are unique per user regardless of case.';

-- one row per tag on a position
create table app.position_tags (
    position_id uuid not null references app.positions on delete cascade,
    tag_id uuid not null references app.tags on delete cascade,
    primary key (position_id, tag_id)
);
create index position_tags_tag_id on app.position_tags (tag_id);
comment on table app.position_tags is 'One row per tag on a position.';

-- A portfolio's change_no tells a run, without a clock, that the book is not the one it last published.
create function app.note_portfolio_change() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    if tg_table_name = 'positions' then
        update app.portfolios set change_no = change_no + 1
        where portfolio_id in (select n.portfolio_id from changed n);
    elsif tg_table_name = 'position_tags' then
        update app.portfolios set change_no = change_no + 1
        where portfolio_id in (select p.portfolio_id from changed n join app.positions p using (position_id));
    else
        update app.portfolios set change_no = change_no + 1
        where portfolio_id in (
            select p.portfolio_id
            from changed n join app.position_tags t using (tag_id) join app.positions p using (position_id)
        );
    end if;
    return null;
end
$$;

create trigger positions_inserted after insert on app.positions
referencing new table as changed for each statement execute function app.note_portfolio_change();
create trigger positions_updated after update on app.positions
referencing new table as changed for each statement execute function app.note_portfolio_change();
create trigger positions_deleted after delete on app.positions
referencing old table as changed for each statement execute function app.note_portfolio_change();
create trigger position_tags_inserted after insert on app.position_tags
referencing new table as changed for each statement execute function app.note_portfolio_change();
create trigger position_tags_deleted after delete on app.position_tags
referencing old table as changed for each statement execute function app.note_portfolio_change();
create trigger tags_updated after update on app.tags
referencing new table as changed for each statement execute function app.note_portfolio_change();

create function app.note_own_change() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    new.change_no := old.change_no + 1;
    return new;
end
$$;
create trigger portfolios_updated before update on app.portfolios
for each row
when (
    (old.equity_balance, old.name, old.currency, old.user_id)
    is distinct from (new.equity_balance, new.name, new.currency, new.user_id)
)
execute function app.note_own_change();

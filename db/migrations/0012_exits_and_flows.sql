-- How a book ends and how money moves: closings of lots in whole or in part, and what is paid in and out.

-- one row per sale of a lot (or purchase back of a short one), in whole or in part
create table app.position_exits (
    exit_id uuid primary key default gen_random_uuid(),
    position_id uuid not null references app.positions on delete cascade,
    exit_date date not null,
    quantity numeric(24, 8) check (quantity > 0),
    exit_price numeric(20, 8) not null check (exit_price >= 0),
    import_id uuid references app.imports on delete set null,
    created_at timestamptz not null default clock_timestamp(),
    unique (position_id, exit_date, exit_price)
);
create index position_exits_import_id on app.position_exits (import_id);
comment on table app.position_exits is
'One row per closing of a lot, in whole or in part; quantity in the shares of exit_date, never negative; null is all that was still held.';

-- one row per contribution to or withdrawal from a portfolio
create table app.equity_flows (
    flow_id uuid primary key default gen_random_uuid(),
    portfolio_id uuid not null references app.portfolios on delete cascade,
    flow_date date not null,
    amount numeric(20, 4) not null check (amount <> 0),
    kind text not null generated always as (case when amount > 0 then 'contribution' else 'withdrawal' end) stored,
    note text check (length(note) between 1 and 500),
    created_at timestamptz not null default clock_timestamp()
);
create index equity_flows_portfolio_id on app.equity_flows (portfolio_id, flow_date);
comment on table app.equity_flows is 'One row per contribution (amount above 0) or withdrawal (below); it counts from the open of its session.';

-- Both change the book, so that the next run takes it in.
create function app.note_book_change() returns trigger
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
    if tg_table_name = 'equity_flows' then
        update app.portfolios set change_no = change_no + 1
        where portfolio_id in (select c.portfolio_id from changed c);
    else
        update app.portfolios set change_no = change_no + 1
        where portfolio_id in (select p.portfolio_id from changed c join app.positions p using (position_id));
    end if;
    return null;
end
$$;
create trigger position_exits_inserted after insert on app.position_exits
referencing new table as changed for each statement execute function app.note_book_change();
create trigger position_exits_updated after update on app.position_exits
referencing new table as changed for each statement execute function app.note_book_change();
create trigger position_exits_deleted after delete on app.position_exits
referencing old table as changed for each statement execute function app.note_book_change();
create trigger equity_flows_inserted after insert on app.equity_flows
referencing new table as changed for each statement execute function app.note_book_change();
create trigger equity_flows_updated after update on app.equity_flows
referencing new table as changed for each statement execute function app.note_book_change();
create trigger equity_flows_deleted after delete on app.equity_flows
referencing old table as changed for each statement execute function app.note_book_change();

alter table app.imports add column exit_count integer not null default 0;

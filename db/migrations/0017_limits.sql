-- Limits on a portfolio's figures, and who took note of a crossing.

-- one row per rule on a figure of a portfolio
create table app.limit_rules (
    rule_id uuid primary key default gen_random_uuid(),
    portfolio_id uuid not null references app.portfolios on delete cascade,
    name text not null check (length(name) between 1 and 100),
    metric text not null check (
        metric in (
            'gross_exposure', 'net_exposure', 'beta', 'var_95_1d', 'concentration', 'drawdown', 'sector_exposure'
        )
    ),
    sector text check (length(sector) between 1 and 100),
    bound text not null default 'max' check (bound in ('max', 'min')),
    threshold double precision not null check (abs(threshold) < 1e12),
    priority text not null default 'medium' check (priority in ('low', 'medium', 'high', 'critical')),
    effective_from date not null,
    created_at timestamptz not null default clock_timestamp(),
    check ((metric = 'sector_exposure') = (sector is not null))
);
create index limit_rules_portfolio_id on app.limit_rules (portfolio_id);
comment on table app.limit_rules is 'One row per rule on a figure of a portfolio; it is checked from effective_from on.';

-- one row per event that somebody took note of
create table app.limit_acknowledgements (
    event_id uuid primary key,
    rule_id uuid not null references app.limit_rules on delete cascade,
    user_id uuid not null references app.users on delete cascade,
    note text check (length(note) between 1 and 500),
    acknowledged_at timestamptz not null default clock_timestamp()
);
create index limit_acknowledgements_rule_id on app.limit_acknowledgements (rule_id);
create index limit_acknowledgements_user_id on app.limit_acknowledgements (user_id);
comment on table app.limit_acknowledgements is 'One row per crossing of a limit that somebody took note of.';

-- A rule that changes touches its portfolio, so that the next run checks it; taking note of an event changes only what is read.
create function app.note_limit_change() returns trigger
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
    if tg_table_name = 'limit_rules' then
        update app.portfolios set change_no = change_no + 1
        where portfolio_id in (select c.portfolio_id from changed c);
    else
        update app.users set change_no = change_no + 1
        where user_id in (
            select p.user_id from changed c join app.limit_rules r using (rule_id) join app.portfolios p using (portfolio_id)
        );
    end if;
    return null;
end
$$;
create trigger limit_rules_inserted after insert on app.limit_rules
referencing new table as changed for each statement execute function app.note_limit_change();
create trigger limit_rules_updated after update on app.limit_rules
referencing new table as changed for each statement execute function app.note_limit_change();
create trigger limit_rules_deleted after delete on app.limit_rules
referencing old table as changed for each statement execute function app.note_limit_change();
create trigger limit_acknowledgements_inserted after insert on app.limit_acknowledgements
referencing new table as changed for each statement execute function app.note_limit_change();

-- Scenarios of one's own, beside those that everybody's book is put through.

-- one row per scenario of a user: its name, and the shock of each factor as a fraction (of a yield 0.0025 is 25 basis points)
create table app.stress_scenarios (
    scenario_id uuid primary key default gen_random_uuid(),
    user_id uuid not null references app.users on delete cascade,
    name text not null check (name = btrim(name) and length(name) between 1 and 80),
    description text not null default '' check (length(description) <= 500),
    shocks jsonb not null check (jsonb_typeof(shocks) = 'object'),
    created_at timestamptz not null default clock_timestamp()
);
create unique index stress_scenarios_name on app.stress_scenarios (user_id, lower(name));
comment on table app.stress_scenarios is 'One row per scenario of a user; names are unique per user regardless of case.';
comment on column app.stress_scenarios.shocks is 'Factor -> its move as a fraction, -0.1 being -10 %; of Interest Rate 0.0025 is 25 basis points.';

-- Answers that show scenarios carry a version that grows with them, as with tags.
create trigger stress_scenarios_inserted_for_user after insert on app.stress_scenarios
referencing new table as changed for each statement execute function app.note_tag_change();
create trigger stress_scenarios_updated_for_user after update on app.stress_scenarios
referencing new table as changed for each statement execute function app.note_tag_change();
create trigger stress_scenarios_deleted_for_user after delete on app.stress_scenarios
referencing old table as changed for each statement execute function app.note_tag_change();

create function app.bound_stress_scenarios() returns trigger
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
    if exists (
        select from app.stress_scenarios s where s.user_id in (select c.user_id from changed c)
        group by s.user_id having count(*) > 100
    ) then
        raise exception 'Nobody has more than 100 scenarios. Delete some that you no longer need.' using errcode = 'SS422';
    end if;
    return null;
end
$$;
create trigger stress_scenarios_are_bounded after insert on app.stress_scenarios
referencing new table as changed for each statement execute function app.bound_stress_scenarios();

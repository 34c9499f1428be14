-- Row security looks for the rows of a portfolio in every table that it protects, and a portfolio goes with all that is its.
create index imports_portfolio_id on app.imports (portfolio_id);
create index positions_portfolio_id on app.positions (portfolio_id);
create index positions_import_id on app.positions (import_id);

-- Answers grow with the tags of each position times the tags by which positions are grouped, so both are bounded.
create function app.bound_tags() returns trigger
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
    if tg_table_name = 'tags' then
        if exists (
            select from app.tags t where t.user_id in (select c.user_id from changed c)
            group by t.user_id having count(*) > 1000
        ) then
            raise exception 'Nobody has more than 1,000 tags. Delete some that you no longer need.' using errcode = 'SS422';
        end if;
    elsif exists (
        select from app.position_tags t where t.position_id in (select c.position_id from changed c)
        group by t.position_id having count(*) > 50
    ) then
        raise exception 'No position carries more than 50 tags.' using errcode = 'SS422';
    end if;
    return null;
end
$$;
create trigger tags_are_bounded after insert on app.tags
referencing new table as changed for each statement execute function app.bound_tags();
create trigger position_tags_are_bounded after insert on app.position_tags
referencing new table as changed for each statement execute function app.bound_tags();

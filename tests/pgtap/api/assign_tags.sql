-- api.assign_tags: tags for many positions
select plan(5);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table given as
select
    (select tag_id from app.tags where name = 'Hedge' and user_id = app.current_user_id()) as hedge,
    (select tag_id from app.tags where name = 'Tech Long' and user_id = app.current_user_id()) as tech,
    (select tag_id from app.tags where user_id <> app.current_user_id() order by tag_id limit 1) as foreign_tag,
    (select position_id from app.positions where symbol = 'KO' and portfolio_id = api.portfolio_id(null)) as ko,
    (select position_id from app.positions where symbol = 'PEP' and portfolio_id = api.portfolio_id(null)) as pep,
    (select position_id from app.positions where portfolio_id <> api.portfolio_id(null) order by position_id limit 1) as foreign_lot;
select is(api.assign_tags(array[ko, pep], array[hedge], '{}')::jsonb -> 'data', '{"positions": 2, "added": 2, "removed": 0}'::jsonb, 'put on') from given;
select is(api.assign_tags(array[ko, ko], array[hedge, tech], '{}')::jsonb -> 'data', '{"positions": 1, "added": 1, "removed": 0}'::jsonb, 'those that are there stay') from given;
select is(api.assign_tags(array[ko, pep], '{}', array[hedge, tech])::jsonb -> 'data', '{"positions": 2, "added": 0, "removed": 3}'::jsonb, 'taken off') from given;
select is(array[api.assign_tags(array[ko, foreign_lot], array[hedge], '{}')::text, api.assign_tags(array[ko], array[tech], array[foreign_tag])::text], array[null, null]::text[], 'all or nothing') from given;
select is_empty('select from app.position_tags join given on position_id = ko and tag_id in (hedge, tech)', 'and nothing it was');
select * from finish();

-- api.tag_details: a tag as the tag routes show it
select plan(4);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table given as
select
    (select tag_id from app.tags where name = 'Hedge' and user_id = app.current_user_id()) as hedge,
    (select tag_id from app.tags where name = 'Tech Long' and user_id = app.current_user_id()) as tech,
    (select tag_id from app.tags where user_id <> app.current_user_id() order by tag_id limit 1) as foreign_tag,
    (select position_id from app.positions where symbol = 'KO' and portfolio_id = api.portfolio_id(null)) as ko,
    (select position_id from app.positions where symbol = 'PEP' and portfolio_id = api.portfolio_id(null)) as pep,
    (select position_id from app.positions where portfolio_id <> api.portfolio_id(null) order by position_id limit 1) as foreign_lot;
prepare details as select (api.tag_details(tags) ->> 'position_count')::int from app.tags as tags, given where tag_id = tech;
select is((api.tag_details(tags)::jsonb) #- '{created_at}', jsonb_build_object('id', tech, 'name', 'Tech Long', 'color', tags.color, 'type', 'REGULAR', 'position_count', 16), 'all of it')
from app.tags as tags, given where tag_id = tech;
set local sigmasight.as_of = '2026-01-29';
select results_eq('details', array[4], 'counted as of a day');
set local sigmasight.as_of = '';
update app.positions set removed_at = now() where symbol = 'NVDA' and portfolio_id = api.portfolio_id(null);
select results_eq('details', array[15], 'lots that are gone do not count');
update app.tags set name = '#strategy:tech' from given where tag_id = tech;
select is(api.tag_details(tags) ->> 'type', 'STRATEGY', 'a strategy') from app.tags as tags, given where tag_id = tech;
select * from finish();

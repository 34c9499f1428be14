-- api.set_position_tags: these tags and no others
select plan(6);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table given as
select
    (select tag_id from app.tags where name = 'Hedge' and user_id = app.current_user_id()) as hedge,
    (select tag_id from app.tags where name = 'Tech Long' and user_id = app.current_user_id()) as tech,
    (select tag_id from app.tags where user_id <> app.current_user_id() order by tag_id limit 1) as foreign_tag,
    (select position_id from app.positions where symbol = 'KO' and portfolio_id = api.portfolio_id(null)) as ko,
    (select position_id from app.positions where symbol = 'PEP' and portfolio_id = api.portfolio_id(null)) as pep,
    (select position_id from app.positions where portfolio_id <> api.portfolio_id(null) order by position_id limit 1) as foreign_lot;
prepare tags_of_ko as select tag_id from app.position_tags join given on position_id = ko order by tag_id;
create temporary table answered as select api.set_position_tags(ko, array[hedge, tech, hedge])::jsonb as answer from given;
select is(answer, api.position_tags(ko)::jsonb, 'answers what is there now') from given, answered;
select results_eq('tags_of_ko', 'select unnest(array[hedge, tech]) from given order by 1', 'these and no others');
select is(api.set_position_tags(ko, array[hedge, foreign_tag])::text, null, 'not a tag of somebody else''s') from given;
select is(api.set_position_tags(foreign_lot, array[hedge])::text, null, 'nor on a position of somebody else''s') from given;
select results_eq('tags_of_ko', 'select unnest(array[hedge, tech]) from given order by 1', 'and then nothing is done');
select is(api.set_position_tags(ko, '{}')::jsonb #> '{data,tags}', '[]'::jsonb, 'none at all') from given;
select * from finish();

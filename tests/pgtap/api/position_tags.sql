-- api.position_tags: the tags of a position
select plan(3);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table given as
select
    (select tag_id from app.tags where name = 'Hedge' and user_id = app.current_user_id()) as hedge,
    (select tag_id from app.tags where name = 'Tech Long' and user_id = app.current_user_id()) as tech,
    (select tag_id from app.tags where user_id <> app.current_user_id() order by tag_id limit 1) as foreign_tag,
    (select position_id from app.positions where symbol = 'KO' and portfolio_id = api.portfolio_id(null)) as ko,
    (select position_id from app.positions where symbol = 'PEP' and portfolio_id = api.portfolio_id(null)) as pep,
    (select position_id from app.positions where portfolio_id <> api.portfolio_id(null) order by position_id limit 1) as foreign_lot;
select is(
    (api.position_tags(position_id)::jsonb #> '{data}') #- '{tags,0,id}' #- '{tags,1,id}' #- '{tags,0,color}' #- '{tags,1,color}' #- '{position_id}',
    '{"tags": [{"name": "Hedge", "type": "REGULAR"}, {"name": "Options Overlay", "type": "REGULAR"}]}'::jsonb, 'by name'
) from app.positions where symbol like 'TSLA%' and portfolio_id = api.portfolio_id(null);
select is(api.position_tags(gen_random_uuid())::text, null, 'none of a position that does not exist');
update app.positions set removed_at = now() from given where position_id = ko;
select is(api.position_tags(ko)::text, null, 'nor of one that is gone') from given;
select * from finish();

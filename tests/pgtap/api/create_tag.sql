-- api.create_tag, api.tag_exists: a new tag
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
create temporary table made as select api.create_tag('  Momentum ', '#ff5733')::jsonb -> 'data' as tag;
select is(tag #- '{id}' #- '{created_at}', '{"name": "Momentum", "color": "#FF5733", "type": "REGULAR", "position_count": 0}'::jsonb, 'trimmed') from made;
select ok(exists (select from app.tags where tag_id = (tag ->> 'id')::uuid and user_id = app.current_user_id()), 'the caller''s own') from made;
select throws_ok($$select api.create_tag('MOMENTUM', '#000000')$$, 'SS409', 'You already have a tag named "MOMENTUM"; upper and lower case make no difference.', 'once only');
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_2'), true); end $$;
select lives_ok($$select api.create_tag('momentum', '#000000')$$, 'but once for each user');
select * from finish();

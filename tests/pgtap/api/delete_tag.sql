-- api.delete_tag: a tag goes, from positions too
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
select is(api.delete_tag(hedge), true, 'it is gone') from given;
select is_empty($$select from app.position_tags join given on tag_id = hedge$$, 'from positions too');
select is(api.delete_tag(hedge), null, 'once only') from given;
select is(api.delete_tag(foreign_tag), null, 'not that of somebody else') from given;
select isnt_empty($$select from app.tags join given on tag_id = foreign_tag$$, 'which stays');
select * from finish();

-- api.are_own: who may change what ties positions and tags
select plan(2);
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
    array[
        api.are_own(array[ko, pep], array[hedge, tech]), api.are_own('{}', '{}'), api.are_own(array[ko, foreign_lot], '{}'),
        api.are_own('{}', array[hedge, foreign_tag]), api.are_own(array[gen_random_uuid()], '{}'), api.are_own(array[ko, null], '{}')
    ],
    array[true, true, false, false, false, false], 'only who owns all of them'
) from given;
update app.positions set removed_at = now() from given where position_id = ko;
select is(api.are_own(array[ko], '{}'), false, 'a lot that is gone is nobody''s') from given;
select * from finish();

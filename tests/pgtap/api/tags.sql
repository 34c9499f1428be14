-- api.tags, api.tag: one's own tags
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
select results_eq(
    $$select t ->> 'name', (t ->> 'position_count')::int from jsonb_array_elements(api.tags()::jsonb #> '{data,tags}') as t$$,
    $$values ('Call Spread', 2), ('Covered Call', 4), ('Hedge', 5), ('Options Overlay', 15), ('Pairs Trade', 4), ('Put Spread', 2), ('Quality Long', 3), ('Tech Long', 16), ('Value Short', 13)$$,
    'by name, with the positions that carry them'
);
select is(api.tag(hedge)::jsonb #>> '{data,name}', 'Hedge', 'one of them') from given;
select is(api.tag(gen_random_uuid())::text, null, 'none that does not exist');
do $$ begin perform set_config('sigmasight.user_id', gen_random_uuid()::text, true); end $$;
select is(api.tags()::jsonb #> '{data,tags}', '[]'::jsonb, 'somebody else has none of them');
select * from finish();

-- api.update_tag: another name, another colour
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
create temporary table state as select change_no from app.portfolios where portfolio_id = api.portfolio_id(null);
select is(api.update_tag(hedge, ' Hedges ', null)::jsonb #>> '{data,name}', 'Hedges', 'another name') from given;
select is(api.update_tag(hedge, null, '#abcdef')::jsonb #>> '{data,color}', '#ABCDEF', 'another colour') from given;
select is(api.update_tag(hedge, 'HEDGES', null)::jsonb #>> '{data,name}', 'HEDGES', 'its own name in another case') from given;
select throws_ok($$select api.update_tag(hedge, 'tech long', null) from given$$, 'SS409', null, 'not that of another tag');
select is(api.update_tag(foreign_tag, 'mine', null)::text, null, 'nor a tag of somebody else''s') from given;
select cmp_ok(change_no, '>', (select change_no from state), 'the book has changed, so that the next run publishes the name')
from app.portfolios where portfolio_id = api.portfolio_id(null);
select * from finish();

-- api.analytics_portfolio_drawdowns: the deepest falls of a view
select plan(5);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.told(path text[]) returns text language sql as $$ select api.analytics_portfolio_drawdowns(api.portfolio_id(null)) #>> path $$;
select is(api.analytics_portfolio_drawdowns('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select is(
    pg_temp.told('{data,drawdowns,0,depth}')::double precision,
    (select min(depth) from marts.portfolio_drawdowns where portfolio_id = api.portfolio_id(null) and view = 'portfolio'), 'the deepest first'
);
select is(pg_temp.told('{data,available}'), 'true', 'they are there');
update ops.run_engines set status = 'failed', reason = 'failed: model a' where engine = 'performance';
select is(pg_temp.told('{data,available}') || pg_temp.told('{data,drawdowns}'), 'false[]', 'without the engine nothing is');
select * from finish();

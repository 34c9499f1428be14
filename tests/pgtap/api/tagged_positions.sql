-- api.tagged_positions: the lots that carry tags, of now or of then
select plan(7);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table mine as select api.portfolio_id(null) as portfolio_id;
create function pg_temp.tagged(wanted text[], mode text) returns setof text
language sql as $$
    select p.symbol from mine
    cross join lateral unnest(api.tagged_positions(mine.portfolio_id, wanted, mode)) as t (position_id)
    join app.positions as p using (position_id) order by 1
$$;
select results_eq($$select * from pg_temp.tagged('{PAIRS TRADE,quality long}', 'all')$$, array['V'], 'all of the tags, in any case');
select results_eq($$select * from pg_temp.tagged('{quality long,Quality Long,PAIRS TRADE}', 'all')$$, array['V'], 'named twice is asked once');
select is_empty($$select * from pg_temp.tagged('{hedge,nothing}', 'all')$$, 'none has a tag that is none');
select cmp_ok((select count(*) from pg_temp.tagged('{hedge,pairs trade}', 'any')), '>', (select count(*) from pg_temp.tagged('{hedge}', 'any')), 'any of them');
select is_empty('select unnest(api.tagged_positions(gen_random_uuid(), array[''hedge''], ''any''))', 'none of a portfolio that does not exist');
create temporary table before as select api.tagged_positions(portfolio_id, '{hedge}', 'any') as ids from mine;
delete from app.position_tags;
select is_empty($$select * from pg_temp.tagged('{hedge}', 'any')$$, 'the tags of now');
set local sigmasight.known_at = 'infinity';
select set_eq($$select unnest(api.tagged_positions(portfolio_id, '{HEDGE}', 'any')) from mine$$, 'select unnest(ids) from before', 'or with known_at those that were published');
select * from finish();

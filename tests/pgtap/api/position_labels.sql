-- api.position_labels: the tags of a position, of now or of then
select plan(3);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table lot as
select position_id, tags, user_id from marts.positions join app.portfolios using (portfolio_id)
where symbol = 'TSLA280121P00150000' and portfolio_id = api.portfolio_id(null);
update app.tags set name = 'Hedges', color = '#000000' where name = 'Hedge' and user_id = app.current_user_id();
prepare labels (boolean) as select l.name, l.color, l.tag_id is null from lot cross join lateral api.position_labels(position_id, tags, user_id, $1) as l order by 1;
select results_eq('execute labels(false)', $$values ('Hedges', '#000000', false), ('Options Overlay', '#3B82F6', false)$$, 'those of now');
select results_eq('execute labels(true)', $$values ('Hedge', null, true), ('Options Overlay', '#3B82F6', false)$$, 'those of then');
select is_empty('select l.* from api.position_labels(gen_random_uuid(), null, null, true) as l', 'none');
select * from finish();

-- ops.published_look_back: what stands in the security panel before a run adds to it
select plan(4);
drop table if exists published.security_panel_even, published.security_panel_odd cascade;
select is_empty('select * from ops.published_look_back(array[1, 2], array[11, 11])', 'no tables before the first run, no rows');
create table published.security_panel_even (
    symbol_id integer, session_no integer, has_bar boolean, daily_return double precision, chain_factor double precision,
    chain_close double precision, superseded_by_run bigint
);
select is_empty('select * from ops.published_look_back(array[1, 2], array[11, 11])', 'one of the two does not suffice');
create table published.security_panel_odd (like published.security_panel_even);
insert into published.security_panel_even values (2, 9, true, 0.1, 1, 10, null), (2, 10, true, 0.2, 1, 12, null), (2, 10, true, 0.3, 1, 13, 7);
insert into published.security_panel_odd values (1, 110, false, null, null, null, null), (1, 20, true, 0.1, 1, 10, null), (3, 10, true, 0.1, 1, 10, null);
select results_eq(
    'select * from ops.published_look_back(array[1, 2], array[111, 10]) order by symbol_id, session_no',
    $$values (1, 110, false, null::double precision, null::double precision, null::double precision),
             (2, 9, true, 0.1, 1, 10)$$,
    'both halves, current rows, 90 sessions back and not the first touched one'
);
select is(count(*), 2::bigint, 'a session 90 before counts')
from ops.published_look_back(array[1], array[110]) full join (values (20), (110)) as wanted (session_no) using (session_no);
select * from finish();

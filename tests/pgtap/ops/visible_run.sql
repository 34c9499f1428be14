-- ops.visible_run: which run a session reads
select plan(11);
delete from ops.published_run;
select is_empty('select * from ops.visible_run()', 'none before the first publication');
insert into ops.runs (kind, status, market_date, market_session_no, horizon_session_no, published_at, is_simulated)
values
('daily', 'published', '2020-06-01', 10, 1, '2020-06-01 18:00-04', true),
('daily', 'published', '2020-06-02', 11, 2, '2020-06-02 18:00-04', false),
('daily', 'failed', '2020-06-03', 12, 3, null, false),
('daily', 'building', '2020-06-03', 12, 3, null, false);
insert into ops.published_run (run_id) select run_id from ops.runs where market_date = '2020-06-02';
select results_eq(
    'select market_date, market_session_no, horizon_session_no, is_simulated from ops.visible_run()',
    $$values (date '2020-06-02', 11, 2, false)$$, 'the one that the pointer stands on'
);
set local sigmasight.known_at = '2020-06-02 17:59-04';
select results_eq(
    'select market_date, is_simulated from ops.visible_run()', $$values (date '2020-06-01', true)$$, 'what was published then, with known_at'
);
set local sigmasight.known_at = '2020-05-31';
select is_empty('select * from ops.visible_run()', 'nothing, before anything was');
set local sigmasight.known_at = '';
select is(market_date, '2020-06-02', 'an empty known_at is none') from ops.visible_run();
insert into raw.sessions (session_no, session_date, opens_at, closes_at)
select n, day, day + time '14:30', day + time '21:00'
from (values (10, date '2020-06-01'), (11, date '2020-06-02')) as s (n, day)
on conflict do nothing;
set local sigmasight.as_of = '2020-06-01';
select is(market_session_no, (select session_no from raw.sessions where session_date = '2020-06-01'), 'as_of ends it earlier') from ops.visible_run();
set local sigmasight.as_of = '2020-06-09';
select is(market_date, '2020-06-02', 'but not later') from ops.visible_run();
set local sigmasight.as_of = '1900-01-01';
select is(market_date, null, 'before the first session there is none') from ops.visible_run();
set local sigmasight.as_of = '';
set local application_name = 'sigmasight_build';
select is(market_date, '2020-06-03', 'a build sees its own rows') from ops.visible_run();
update ops.runs set status = 'failed' where status = 'building';
select is(market_date, '2020-06-02', 'and without one those of everybody') from ops.visible_run();
insert into ops.runs (kind) values ('daily');
select is(market_date, '2020-06-02', 'a run that is only opened is not to be seen') from ops.visible_run();
select * from finish();

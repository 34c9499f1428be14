-- ops.engine_state: how an engine ended in the run that a session reads
select plan(7);
delete from ops.published_run;
select results_eq(
    $$select * from ops.engine_state('limits')$$, $$values ('failed', 'nothing was published yet', null::bigint)$$,
    'before the first publication there is nothing of it'
);
insert into ops.runs (kind, status, market_date, market_session_no, horizon_session_no, published_at)
values
('daily', 'published', '2020-06-01', 10, 1, '2020-06-01 18:00-04'),
('daily', 'published', '2020-06-02', 11, 2, '2020-06-02 18:00-04'),
('daily', 'building', '2020-06-03', 12, 3, null);
insert into ops.published_run (run_id) select run_id from ops.runs where market_date = '2020-06-02';
insert into ops.run_engines (run_id, engine, is_isolated, status, reason, detail, seconds, row_count)
select run_id, 'limits', true, 'ok', null, null, 1, 1 from ops.runs where market_date = '2020-06-01'
union all
select run_id, 'limits', true, 'failed', 'failed: model a', 'model a: division by zero', 1, 1 from ops.runs where market_date = '2020-06-02';
select is(status, 'failed', 'it failed') from ops.engine_state('limits');
select is(reason, 'failed: model a', 'and why, without what the database said of the data') from ops.engine_state('limits');
select is(
    (status, reason)::text, '(failed,"the run that is read did not have this engine")', 'one that the run did not have'
) from ops.engine_state('performance');
set local sigmasight.known_at = '2020-06-02 17:59-04';
select is(status, 'ok', 'with known_at it is as it was then') from ops.engine_state('limits');
set local sigmasight.known_at = '';
set local application_name = 'sigmasight_build';
select is(status, 'ok', 'a build sees its own rows, of which no failure is known') from ops.engine_state('limits');
set local application_name = '';
select ok(has_function_privilege('sigmasight_reader', 'ops.engine_state(text)', 'execute'), 'a reader may ask');
select * from finish();

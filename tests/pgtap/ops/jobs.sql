-- The queue of background work: who takes which job, and what becomes of those whose worker died
select plan(35);

insert into app.users (user_id, email, full_name, password_hash)
values ('00000000-0000-4000-8000-00000000000a', 'a@example.com', 'A', 'x'), ('00000000-0000-4000-8000-00000000000b', 'b@example.com', 'B', 'x');
insert into app.portfolios (portfolio_id, user_id, name)
values
('00000000-0000-4000-8000-0000000000f1', '00000000-0000-4000-8000-00000000000a', 'A'),
('00000000-0000-4000-8000-0000000000f2', '00000000-0000-4000-8000-00000000000b', 'B');
create function pg_temp.ask(job_kind text, portfolio text default null) returns uuid language sql as $$
    insert into ops.jobs (kind, user_id, portfolio_id, payload, estimated_ms)
    values (
        job_kind, '00000000-0000-4000-8000-00000000000a',
        ('00000000-0000-4000-8000-0000000000' || portfolio)::uuid, 'bytes', 1
    )
    returning job_id
$$;
-- the number of a worker that lives: it holds the lock of its number, for the length of this test
create function pg_temp.enlist() returns integer language plpgsql as $$
declare
    number integer := nextval('ops.worker_numbers');
begin
    perform pg_advisory_xact_lock(ops.worker_lock_class(), number);
    return number;
end
$$;
create function pg_temp.end_all() returns void language sql as $$
    update ops.jobs set status = 'succeeded', finished_at = clock_timestamp(), payload = null where finished_at is null
$$;

-- taking jobs
select is_empty($$select * from ops.take_job(1, 'one')$$, 'nothing to do');
create temp table worker on commit drop as select pg_temp.enlist() as no, pg_temp.enlist() as other;
create temp table asked on commit drop as
select pg_temp.ask('upload', 'f1') as first_id, pg_temp.ask('upload', 'f1') as second_id, pg_temp.ask('upload', 'f2') as third_id;
select results_eq(
    $$select t.job_id, t.status, t.attempts, t.worker, t.payload from worker w, ops.take_job(w.no, 'one') t$$,
    $$select first_id, 'running', 1, 'one', 'bytes'::bytea from asked$$, 'the oldest comes first'
);
select isnt(started_at, null, 'it has begun') from ops.jobs j join asked a on j.job_id = a.first_id;
select results_eq(
    $$select t.job_id from worker w, ops.take_job(w.other, 'other') t$$, $$select third_id from asked$$,
    'a job waits for those before it of the same portfolio'
);
select is_empty($$select * from worker w, ops.take_job(w.other, 'other')$$, 'then there is none to take');
update ops.jobs set status = 'succeeded', finished_at = clock_timestamp(), payload = null where job_id = (select first_id from asked);
select results_eq(
    $$select t.job_id from worker w, ops.take_job(w.no, 'one') t$$, $$select second_id from asked$$, 'until that one has ended'
);

-- a worker that lives is left in peace, one that does not is not
select ok(not ops.is_abandoned(j), 'its session lives and its heart beats') from ops.jobs j join asked a on j.job_id = a.second_id;
update ops.jobs set heartbeat_at = clock_timestamp() - interval '29 seconds' where job_id = (select second_id from asked);
select ok(not ops.is_abandoned(j), 'silent for 29 seconds') from ops.jobs j join asked a on j.job_id = a.second_id;
update ops.jobs set heartbeat_at = clock_timestamp() - interval '31 seconds' where job_id = (select second_id from asked);
select ok(ops.is_abandoned(j), 'silent for 31 seconds') from ops.jobs j join asked a on j.job_id = a.second_id;
select results_eq(
    $$select t.job_id, t.attempts, t.worker from worker w, ops.take_job(w.other, 'other') t$$,
    $$select second_id, 2, 'other' from asked$$, 'another one takes the job'
);
update ops.jobs set worker_no = nextval('ops.worker_numbers') where job_id = (select second_id from asked);
select ok(ops.is_abandoned(j), 'its session is gone, whatever its heart did') from ops.jobs j join asked a on j.job_id = a.second_id;
select results_eq(
    $$select t.job_id, t.attempts from worker w, ops.take_job(w.no, 'one') t$$, $$select second_id, 3 from asked$$, 'a third attempt'
);
select is(started_at, first_started, 'it began when it first did')
from ops.jobs j join asked a on j.job_id = a.second_id cross join lateral (select j.started_at as first_started) s;
update ops.jobs set worker_no = nextval('ops.worker_numbers') where job_id = (select second_id from asked);
select is_empty($$select * from worker w, ops.take_job(w.no, 'one')$$, 'there is no fourth one');
select results_eq(
    $$select status, payload, problem ->> 'title', finished_at is not null from ops.jobs j join asked a on j.job_id = a.second_id$$,
    $$values ('failed', null::bytea, 'Given up', true)$$, 'it has failed, and its file is gone'
);
update ops.jobs set worker_no = null where job_id = (select third_id from asked);
select ok(ops.is_abandoned(j), 'a job without a worker has none') from ops.jobs j join asked a on j.job_id = a.third_id;
select pg_temp.end_all();
select is_empty($$select * from worker w, ops.take_job(w.no, 'one')$$, 'what has ended is not begun again');

-- what the table allows
select throws_ok(
    $$update ops.jobs set status = 'queued' where job_id = (select first_id from asked)$$, '23514', null, 'a job that has ended has ended'
);
select throws_ok(
    $$update ops.jobs set payload = 'x' where job_id = (select first_id from asked)$$, '23514', null, 'and keeps no file'
);
select isnt(pg_temp.ask('daily_update'), null, 'one daily update');
select throws_ok($$select pg_temp.ask('daily_update')$$, '23505', null, 'at a time');
select results_eq(
    $$select t.kind from worker w, ops.take_job(w.no, 'one') t$$, $$values ('daily_update')$$, 'it is taken as the others are'
);
select throws_ok($$select pg_temp.ask('daily_update')$$, '23505', null, 'and is one while it runs');
select pg_temp.end_all();
select isnt(pg_temp.ask('daily_update'), null, 'then there may be another');
delete from app.users where user_id = '00000000-0000-4000-8000-00000000000a';
select is_empty('select * from ops.jobs', 'the jobs of a user go with them');

-- numbers and estimates
select ok(ops.enlist_worker() < ops.enlist_worker(), 'each session has a number of its own');
select is(
    count(*), 4::bigint, 'by whose lock it is known to live'
) from pg_locks where locktype = 'advisory' and classid = ops.worker_lock_class()::oid and pid = pg_backend_pid();
select pg_advisory_unlock_all();
select is(ops.estimated_ms('upload'), 8000, 'an upload takes seconds, as long as nothing else is known');
select is(ops.estimated_ms('daily_update'), 60000, 'a daily update a minute');
insert into ops.jobs (kind, user_id, status, created_at, finished_at, estimated_ms)
select 'upload', '00000000-0000-4000-8000-00000000000b', 'succeeded', now(), now() + n * interval '1 second', 1
from generate_series(1, 25) as g (n);
select is(ops.estimated_ms('upload'), 15500, 'the median of the last twenty');
insert into ops.jobs (kind, user_id, status, created_at, finished_at, estimated_ms)
select 'upload', '00000000-0000-4000-8000-00000000000b', 'failed', now(), now() + interval '1 hour', 1
from generate_series(1, 25);
select is(ops.estimated_ms('upload'), 15500, 'of those that succeeded');
select throws_ok(
    $$insert into ops.jobs (kind, user_id, status, estimated_ms) values ('upload', '00000000-0000-4000-8000-00000000000b', 'lost', 1)$$,
    '23514', null, 'there is no other state'
);
select throws_ok(
    $$insert into ops.jobs (kind, user_id, percent, estimated_ms) values ('upload', '00000000-0000-4000-8000-00000000000b', 101, 1)$$,
    '23514', null, 'nor more than the whole'
);

-- portfolios that are computed again
insert into app.portfolios (portfolio_id, user_id, name)
values ('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-00000000000b', 'B');
create temporary table recomputed as
select ops.queue_recompute('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-00000000000b') as job_id;
select is(
    ops.queue_recompute('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-00000000000b'), job_id,
    'one that waits does for all'
) from recomputed;
update ops.jobs set status = 'running' where job_id = (select job_id from recomputed);
select isnt(
    ops.queue_recompute('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-00000000000b'), job_id,
    'one that has begun may have read the book already'
) from recomputed;
select * from finish();

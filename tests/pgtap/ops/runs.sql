-- The life of a run: open, prepare, publish or fail; and the run that finds nothing new
select plan(57);

delete from raw.sessions;
insert into raw.sessions (session_no, session_date, opens_at, closes_at)
select day - date '2019-01-01' + 1, day, day, day from generate_series(timestamp '2019-01-01', '2020-12-31', '1 day') as days (at)
cross join lateral (values (at::date)) as session (day);
insert into raw.securities (symbol, kind, vendor_symbol) values ('SPY', 'stock', 'SPY');
create function pg_temp.bar(day date, bar_source raw.source default 'polygon', superseded integer default null) returns void
language sql as $$
    with load as (insert into ops.loads (source, dataset, new_row_count) values ('polygon', 'bars', 1) returning load_id)
    insert into raw.bars (open, high, low, close, symbol_id, session_date, load_id, source, superseded_by_load)
    select 1, 1, 1, 1, symbol_id, day, load_id, bar_source, superseded from raw.securities cross join load where symbol = 'SPY'
$$;
create table published.candidate_rows (day integer, run_id bigint, superseded_by_run bigint);

-- without prices there is nothing to run on
select isnt(ops.open_run('daily'), null, 'a run opens');
select throws_like(
    $$select ops.prepare_run((select max(run_id) from ops.runs), 'a')$$,
    'there is no bar of SPY, so there is no market date%', 'without a bar of the benchmark it goes no further'
);
select pg_temp.bar('2020-06-01');
select pg_temp.bar('2020-06-02');
select pg_temp.bar('2020-06-04', superseded => 1);
select throws_like(
    $$with run as (select ops.open_run('daily', run_as_of => '2020-05-31') as run_id) select ops.prepare_run(run_id, 'a') from run$$,
    'there is no bar of SPY on or before 2020-05-31%', 'nor without one up to --as-of'
);

-- the first run
select isnt(ops.open_run('daily', run_provider => 'polygon'), null, 'a second one opens');
select results_eq(
    $$select status, outcome from ops.runs order by run_id limit 1$$,
    $$values ('failed', 'the process died')$$, 'which ends the one whose process died'
);
select is(count(*), 1::bigint, 'so that one is being built at most') from ops.runs where status = 'building';
select throws_ok($$insert into ops.runs (kind) values ('daily')$$, '23505', null, 'and the database sees to it');
select lives_ok($$select ops.prepare_run((select max(run_id) from ops.runs), 'a')$$, 'it is prepared');
select is(market_date, '2020-06-02', 'the newest bar that counts is the market date') from ops.runs where status = 'building';
select is(computed_session_no, market_session_no, 'and the last session computed') from ops.runs where status = 'building';
select is(
    horizon_session_no, (select session_no from raw.sessions where session_date = date '2020-06-02' - 365), 'figures are shown for 365 days'
) from ops.runs where status = 'building';
select is(through_load_id, (select max(load_id) from ops.loads), 'it takes in what is loaded') from ops.runs where status = 'building';
select ok(is_full, 'the first run does everything') from ops.runs where status = 'building';
select ok(not is_simulated, 'on real prices') from ops.runs where status = 'building';
select is_empty('select * from ops.published_run', 'nothing is published yet');
select lives_ok($$select ops.publish_run((select max(run_id) from ops.runs))$$, 'it is published');
select results_eq('select run_id from ops.published_run', 'select max(run_id) from ops.runs', 'the pointer stands on it');
select throws_like(
    $$select ops.publish_run((select max(run_id) from ops.runs))$$, 'run % is not being built, so it cannot be published', 'once only'
);

-- a run that fails leaves no trace
insert into published.candidate_rows select 1, run_id from ops.published_run;
select isnt(ops.open_run('daily'), null, 'the next one opens');
select lives_ok($$select ops.prepare_run((select max(run_id) from ops.runs), 'a')$$, 'and is prepared');
select ok(not is_full, 'by the same logic it does what is new') from ops.runs where status = 'building';
update published.candidate_rows set superseded_by_run = (select max(run_id) from ops.runs);
insert into published.candidate_rows select 1, max(run_id) from ops.runs;
select lives_ok($$select ops.fail_run((select max(run_id) from ops.runs), 'failed: a test')$$, 'it fails');
select results_eq(
    'select day, run_id, superseded_by_run from published.candidate_rows', 'select 1, run_id, null::bigint from ops.published_run',
    'its rows are gone, and what it replaced counts again'
);
select is(outcome, 'failed: a test', 'it says why') from ops.runs order by run_id desc limit 1;

-- what makes a run do everything again
create function pg_temp.is_full(logic text, force boolean default false) returns boolean language plpgsql as $$
declare
    answer boolean;
begin
    perform ops.prepare_run(ops.open_run('daily'), logic, force);
    select is_full into answer from ops.runs where status = 'building';
    return answer;
end
$$;
select ok(not pg_temp.is_full('a'), 'the same logic: what is new');
select ok(pg_temp.is_full('b'), 'other logic: everything');
select ok(pg_temp.is_full('a', true), '--full-refresh: everything');
insert into raw.session_overrides values ('2019-01-05', false, 'a test');
update raw.sessions set session_no = -session_no;
update raw.sessions set session_no = -session_no - 1;
select ok(pg_temp.is_full('a'), 'sessions with other numbers: everything');
update raw.sessions set session_no = -session_no;
update raw.sessions set session_no = -session_no + 1;
select ok(not pg_temp.is_full('a'), 'the old numbers: what is new');

-- nothing new, or something
select ok(ops.republish_run(ops.open_run('daily')), 'with nothing new a run is published without being built');
select results_eq('select run_id from ops.published_run', 'select max(run_id) from ops.runs', 'under its own number');
insert into ops.loads (source, dataset) values ('polygon', 'bars');
select ok(ops.republish_run(ops.open_run('daily')), 'a load that brought nothing is nothing new');
select pg_temp.bar('2020-06-03');
select ok(not ops.republish_run(ops.open_run('daily')), 'a bar is');
select is(market_date, '2020-06-03', 'and with the session after comes another market date') from ops.runs where status = 'building';

-- backwards, and on other prices
select lives_ok($$select ops.publish_run((select max(run_id) from ops.runs))$$, 'the run up to June 3 is published');
select results_eq(
    $$with run as (select ops.open_run('daily', run_as_of => '2020-06-01') as run_id), prepared as (select ops.prepare_run(run_id, 'a') from run)
      select count(*) from prepared$$, 'values (1::bigint)', 'a run of an earlier day'
);
select is(
    (market_date, computed_session_no)::text,
    (date '2020-06-01', (select session_no from raw.sessions where session_date = '2020-06-03'))::text,
    'shows that day and computes as far as the one before'
) from ops.runs where status = 'building';

-- engines: one that failed leaves the rest published, and nothing of its own
create function pg_temp.engines(failed boolean) returns jsonb language sql as $$
    select jsonb_build_array(
        jsonb_build_object(
            'engine', 'limits', 'isolated', true, 'failed', failed, 'reason', 'failed: model a', 'detail', 'model a: division by zero',
            'seconds', 1.5, 'rows', 2, 'tables', jsonb_build_array('engine_rows')
        ),
        jsonb_build_object(
            'engine', 'market_data', 'isolated', false, 'failed', false, 'seconds', 2, 'rows', 1, 'tables', '[]'::jsonb
        )
    )
$$;
create function pg_temp.last_run() returns bigint language sql as 'select max(run_id) from ops.runs';
create function pg_temp.next_run(failed boolean, portfolio uuid default null) returns void language plpgsql as $$
begin
    perform ops.prepare_run(ops.open_run('daily', portfolio), 'a');
    update published.engine_rows set superseded_by_run = pg_temp.last_run() where superseded_by_run is null and day = 1;
    insert into published.engine_rows values (1, pg_temp.last_run());
    insert into ops.run_steps (run_id, step_no, step, status, seconds) values (pg_temp.last_run(), 1, 'load', 'done', 4);
    perform ops.publish_run(pg_temp.last_run(), pg_temp.engines(failed));
end
$$;
create table published.engine_rows (day integer, run_id bigint, superseded_by_run bigint);
insert into published.engine_rows select day, run_id from ops.published_run, generate_series(1, 2) as days (day);
delete from published.candidate_rows;
insert into published.candidate_rows select 1, run_id from ops.published_run;
select lives_ok('select pg_temp.next_run(true)', 'a run is published without an engine that failed');
select results_eq(
    'select engine, is_isolated, status, reason, detail, seconds, row_count from ops.run_engines where run_id = pg_temp.last_run() order by engine',
    $$values ('limits', true, 'failed', 'failed: model a', 'model a: division by zero', 1.5::double precision, 0::bigint),
        ('market_data', false, 'ok', null, null, 6, 1)$$,
    'which it names; fetching is time of market_data'
);
select is_empty('select from published.engine_rows where run_id = pg_temp.last_run()', 'its rows of the run are gone');
select is_empty('select from published.engine_rows where superseded_by_run is null', 'and none of an older run is current');
select is(count(*), 2::bigint, 'what older runs showed is kept') from published.engine_rows where superseded_by_run = pg_temp.last_run();
select is(count(*), 1::bigint, 'other tables are as they were') from published.candidate_rows where superseded_by_run is null;
select ok(not ops.republish_run(ops.open_run('daily')), 'with nothing new the next run is built all the same');
select ok(is_full, 'and makes everything again') from ops.runs where run_id = pg_temp.last_run();
select lives_ok(
    format('select pg_temp.next_run(false, %L)', gen_random_uuid()), 'a run that somebody waits for does only what it is about'
);
select ok(not is_full, 'and is not full') from ops.runs where run_id = pg_temp.last_run();
select results_eq(
    'select status, reason, carried_from_run from ops.run_engines where run_id = pg_temp.last_run() and engine = $$limits$$',
    $$select 'failed', 'failed: model a', run_id from ops.run_engines where detail is not null order by run_id limit 1$$,
    'so the engine is missing still, since the run in which it failed'
);
select is_empty('select from published.engine_rows where superseded_by_run is null', 'whatever it added to it');
select lives_ok('select pg_temp.next_run(false)', 'the next run heals it');
select results_eq(
    'select status, reason, detail, row_count, carried_from_run from ops.run_engines where run_id = pg_temp.last_run() and engine = $$limits$$',
    $$values ('ok', null::text, null::text, 2::bigint, null::bigint)$$, 'and says so'
);
select ok(ops.republish_run(ops.open_run('daily')), 'after which nothing new is nothing to do');
select results_eq(
    'select engine, status, seconds, carried_from_run from ops.run_engines where run_id = pg_temp.last_run() order by engine',
    $$select engine, 'ok', 0::double precision, pg_temp.last_run() - 1 from (values ('limits'), ('market_data')) as e (engine)$$,
    'and the run carries the engines of the one before'
);
select throws_ok(
    $$insert into ops.run_engines (run_id, engine, is_isolated, status, seconds, row_count) values (pg_temp.last_run(), 'x', true, 'failed', 0, 0)$$,
    '23514', null, 'no failure without a reason'
);

-- statistics of portfolios that a table did not have
create table published.lots_of_rows (portfolio_id uuid, session_no integer, run_id bigint, superseded_by_run bigint);
insert into published.lots_of_rows
select md5(p::text)::uuid, n, 1 from generate_series(1, 3) as p cross join generate_series(1, 200) as n;
analyze published.lots_of_rows;
insert into published.lots_of_rows select md5('1')::uuid, n, 2 from generate_series(1, 200) as n;
select ops.analyze_new_portfolios('published.lots_of_rows', 2);
select is(reltuples, 600::real, 'more of a portfolio that is known is left to autovacuum')
from pg_class where oid = 'published.lots_of_rows'::regclass;
insert into published.lots_of_rows select md5('4')::uuid, n, 3 from generate_series(1, 200) as n;
select ops.analyze_new_portfolios('published.lots_of_rows', 3);
select is(reltuples, 1000::real, 'a portfolio that is not known is made known')
from pg_class where oid = 'published.lots_of_rows'::regclass;
alter table published.lots_of_rows add column figures float8[], add primary key (portfolio_id, session_no, run_id);
update published.lots_of_rows set figures = array[session_no];
select ops.analyze_published('published.lots_of_rows');
select results_eq(
    $$select attname from pg_stats where tablename = 'lots_of_rows' and attname in ('figures', 'session_no')$$,
    $$values ('session_no'::name)$$, 'what it is not looked up by is left to autovacuum'
);
select * from finish();

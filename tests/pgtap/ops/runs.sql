-- The life of a run: open, prepare, publish or fail; and the run that finds nothing new
select plan(37);

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
select * from finish();

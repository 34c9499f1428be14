-- ops.data_incidents: restated bars and refused records, as the run that is read took them in
select plan(4);
insert into raw.sessions (session_no, session_date, opens_at, closes_at)
select n, date '2026-01-01' + n, date '2026-01-01' + n, date '2026-01-01' + n from generate_series(1, 100) as n
on conflict do nothing;
insert into raw.securities (symbol, kind, vendor_symbol) values ('AAA', 'stock', 'AAA');
insert into ops.loads (source, dataset) select 'test', 'bars' from generate_series(1, 3);
create temporary table given as
select
    (select symbol_id from raw.securities where symbol = 'AAA') as symbol_id,
    (select max(load_id) from ops.loads) as newest;
insert into raw.bars (open, high, low, close, symbol_id, session_date, load_id, superseded_by_load, source)
select 1, 1, 1, 1, symbol_id, date '2026-04-01', newest - 2, newest - 1, 'user'::raw.source from given
union all select 1, 1, 1, 1, symbol_id, date '2026-04-02', newest - 2, newest, 'user'::raw.source from given
union all select 2, 2, 2, 2, symbol_id, date '2026-04-01', newest - 1, null, 'user'::raw.source from given;
insert into raw.quarantine (source, dataset, subject, record_date, reason_code, reason, load_id)
select 'user', 'bars', 'BBB', date '2026-04-01', 'jump', 'a jump', newest - 1 from given;
select is_empty('select * from ops.data_incidents()', 'nothing before anything is published');
insert into ops.runs (kind, status, market_date, market_session_no, horizon_session_no, through_load_id, published_at)
select 'daily', 'published', '2026-04-05', (select session_no from raw.sessions where session_date = '2026-04-05'), 1, newest - 1, now() from given;
insert into ops.published_run (run_id) select max(run_id) from ops.runs on conflict (is_pointer) do update set run_id = excluded.run_id;
select results_eq(
    $$select kind, symbol, session_date, incident_count from ops.data_incidents() order by 1$$,
    $$values ('quarantine', 'BBB', date '2026-04-01', 1), ('restatement', 'AAA', date '2026-04-01', 1)$$, 'what the run took in'
);
update ops.runs set through_load_id = (select newest from given);
select is((select incident_count from ops.data_incidents() where kind = 'restatement'), 2, 'the next run took in more');
update raw.quarantine set released_by_load = (select newest from given);
select is_empty($$select * from ops.data_incidents() where kind = 'quarantine'$$, 'what was released is in order');
select * from finish();

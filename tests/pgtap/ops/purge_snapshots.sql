-- What is published of portfolios for sessions before the published horizon goes, in every table; everything else stays
select plan(10);

insert into raw.sessions (session_date, session_no, opens_at, closes_at)
select d::date, row_number() over (order by d), d + interval '14 hours', d + interval '21 hours'
from generate_series('2024-01-01'::timestamptz, '2025-01-04', '1 day') as d;
create table published.test_figures (portfolio_id uuid, session_no integer, run_id bigint, superseded_by_run bigint);
create table published.test_prices (symbol_id integer, session_no integer, run_id bigint, superseded_by_run bigint);
create table if not exists published.portfolio_daily_views (
    portfolio_id uuid, session_no integer, run_id bigint, superseded_by_run bigint
);
insert into ops.runs (kind, status, market_date, market_session_no, horizon_session_no, published_at, finished_at)
values
('daily', 'published', '2024-12-01', 336, 40, '2024-12-01 22:00', '2024-12-01 22:00'),
('daily', 'published', '2025-01-03', 369, 200, '2025-01-03 22:00', '2025-01-03 22:00');
insert into published.test_figures select null, n, 1, case when n < 50 then 2 end from generate_series(1, 300) as n;
insert into published.test_prices select 1, n, 1, null from generate_series(1, 300) as n;
insert into published.portfolio_daily_views (portfolio_id, session_no, run_id)
select null, n, 1 from generate_series(1, 300) as n;

select is_empty('select * from ops.purge_snapshots() where row_count > 0', 'nothing goes before a run is published');

insert into ops.published_run (run_id) select max(run_id) from ops.runs;
select results_eq(
    $$ select table_name, row_count from ops.purge_snapshots() where row_count > 0 $$,
    $$ values ('portfolio_daily_views', 108::bigint), ('test_figures', 199::bigint) $$,
    'rows before the horizon go, superseded ones too'
);
select is((select min(session_no) from published.test_figures), 200, 'the horizon itself stays');
select is((select min(session_no) from published.portfolio_daily_views), 109, 'so do the daily views that its figures look back on');
select is((select count(*) from published.test_prices), 300::bigint, 'and every price');
select results_eq(
    'select kept_from_session_no, kept_from_date, row_counts from ops.purges',
    $$ values (200, '2024-07-18'::date, '{"portfolio_daily_views": 108, "test_figures": 199}'::jsonb) $$,
    'what went is written down'
);
select is_empty('select * from ops.purge_snapshots() where row_count > 0', 'a second purge finds nothing');
select is((select count(*) from ops.purges), 1::bigint, 'and writes nothing down');

set local sigmasight.known_at = '2024-12-02';
select is((select horizon_session_no from ops.visible_run()), 200, 'an earlier run begins where rows are kept');
set local sigmasight.known_at = '';
select is((select horizon_session_no from ops.visible_run()), 200, 'the published one where it did');

select * from finish();

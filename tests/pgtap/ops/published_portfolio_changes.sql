-- ops.published_portfolio_changes: the state of each book that the published run took in
select plan(3);
drop table if exists published.portfolios cascade;
select is_empty('select * from ops.published_portfolio_changes()', 'no table before the first run, no rows');
create table published.portfolios (portfolio_id uuid, change_no bigint, run_id bigint, superseded_by_run bigint);
select is_empty('select * from ops.published_portfolio_changes()', 'no rows while nothing is published');
delete from ops.published_run;
insert into ops.runs (kind, status) values ('daily', 'published');
insert into ops.published_run (run_id) select max(run_id) from ops.runs;
insert into published.portfolios
select portfolio_id::uuid, change_no, run.run_id + run_offset, run.run_id + superseded_offset
from ops.published_run as run
cross join (values
    ('00000000-0000-0000-0000-00000000000a', 1, -1, 0),
    ('00000000-0000-0000-0000-00000000000a', 2, 0, null),
    ('00000000-0000-0000-0000-00000000000b', 5, -1, 1),
    ('00000000-0000-0000-0000-00000000000b', 6, 1, null)
) as book (portfolio_id, change_no, run_offset, superseded_offset);
select results_eq(
    'select * from ops.published_portfolio_changes() order by portfolio_id',
    $$values ('00000000-0000-0000-0000-00000000000a'::uuid, 2::bigint), ('00000000-0000-0000-0000-00000000000b', 5)$$,
    'as the published run knew them, not as the one being built does'
);
select * from finish();

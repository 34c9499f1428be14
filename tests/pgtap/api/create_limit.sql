-- api.create_limit: a new rule on ones own portfolio
select plan(6);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create temporary table before as select change_no from app.portfolios where portfolio_id = api.portfolio_id(null);
select is(
    api.create_limit(null, 'Tech', 'sector_exposure', 'Technology', 'max', 0.5, 'high', null) #>> '{data,limits,0,effective_from}', '2026-06-30',
    'in force from the market date on'
);
select is(p.change_no, b.change_no + 1, 'the next run takes it in') from app.portfolios p cross join before b where p.portfolio_id = api.portfolio_id(null);
select is(api.limits() #>> '{data,job_id}', j.job_id::text, 'by a job that waits for a worker')
from ops.jobs as j where j.kind = 'recompute' and j.status = 'queued' and j.portfolio_id = api.portfolio_id(null);
select is(
    api.create_limit((select portfolio_id from app.portfolios join app.users using (user_id) where username = 'demo_user_2'), 'x', 'beta', null, 'max', 1, 'low', null)::text,
    null, 'not on somebody else''s'
);
select throws_ok($$select api.create_limit(null, 'x', 'beta', 'Technology', 'max', 1, 'low', null)$$, '23514', null, 'a sector goes with its metric only');
select * from finish();

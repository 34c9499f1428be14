-- api.unavailable_reason: why there are no figures
select plan(5);
prepare reason as select api.unavailable_reason(portfolio_id) from app.portfolios join app.users using (user_id) where username = 'demo_user_1';
select results_eq('reason', array[null::text], 'there are');
set local sigmasight.as_of = '2026-01-27';
select results_eq('reason', array['before the first position was entered'], 'the day before the first entry');
set local sigmasight.as_of = '2026-01-28';
select results_eq('reason', array[null::text], 'the day itself');
set local sigmasight.as_of = '2024-01-02';
select results_eq('reason', array['older than the sessions that are kept'], 'long ago');
select is(api.unavailable_reason(gen_random_uuid()), 'not yet published', 'what no run has seen');
select * from finish();

-- api.portfolio_timeline: the portfolio over time
select plan(4);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
select results_eq(
    $$select (day ->> 'date')::date, (day ->> 'total_value')::float8 from jsonb_array_elements(api.portfolio_timeline(null, null, null)::jsonb #> '{data,timeline}') as day$$,
    $$select s.session_date, s.nav from marts.portfolio_daily_snapshots as s join marts.portfolios using (portfolio_id)
    where owner_email like 'demo_user_1@%' order by 1$$, 'every snapshot, the oldest first'
);
select is(
    api.portfolio_timeline(null, '2026-06-06', '2026-06-09')::jsonb #> '{data}' #- '{timeline}' #- '{portfolio_id}',
    '{"start": "2026-06-08", "end": "2026-06-09", "count": 2}'::jsonb, 'the sessions of a period'
);
set local sigmasight.as_of = '2026-06-08';
select is(api.portfolio_timeline(null, null, null)::jsonb #>> '{data,end}', '2026-06-08', 'it ends with as_of');
select is(api.portfolio_timeline(gen_random_uuid(), null, null)::text, null, 'none that does not exist');
select * from finish();

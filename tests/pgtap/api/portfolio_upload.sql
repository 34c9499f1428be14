-- api.portfolio_upload: a file is queued for one's own portfolio and for no other
select plan(23);
create function pg_temp.become(name text) returns void
language sql as $$
    select set_config('sigmasight.user_id', coalesce((select u.user_id::text from app.users as u where u.email = name), ''), true)
$$;
create function pg_temp.upload(portfolio_id uuid default null, name text default null, equity numeric default null) returns json
language sql set role = 'sigmasight_api' as $$
    select api.portfolio_upload(portfolio_id, name, equity, 'replace', null, '2026-07-01', 'my.csv', 'bytes')
$$;
create function pg_temp.target(portfolio_id uuid default null, name text default null) returns uuid
language sql set role = 'sigmasight_api' as $$ select api.upload_target(portfolio_id, name) $$;
insert into app.users (email, full_name, password_hash) values ('new@example.com', 'Ann New', 'x'), ('other@example.com', 'O', 'x');
insert into app.portfolios (portfolio_id, user_id, name)
select '00000000-0000-4000-8000-0000000000f2', u.user_id, 'Other''s' from app.users as u where u.email = 'other@example.com';

select pg_temp.become('new@example.com');
select is(pg_temp.target(), null, 'who has no portfolio gets one');
select is(pg_temp.target(name => 'Mine'), null, 'under the name that was wished for');
create temp table accepted on commit drop as select pg_temp.upload(equity => 1234.5) as answer;
select results_eq(
    $$select p.name, p.equity_balance from app.portfolios p join accepted a on p.portfolio_id = (a.answer ->> 'portfolio_id')::uuid$$,
    $$values ('Ann New Portfolio', 1234.5)$$, 'else under the name of its owner'
);
select results_eq(
    $$select j.kind, j.status, j.payload, j.parameters ->> 'file_name', j.parameters ->> 'equity_balance', u.email
      from ops.jobs j join accepted a on j.job_id = (a.answer ->> 'job_id')::uuid join app.users u using (user_id)$$,
    $$values ('upload', 'queued', 'bytes'::bytea, 'my.csv', '1234.5', 'new@example.com')$$, 'the file waits for a worker'
);
select is(answer ->> 'poll_url', '/api/v1/jobs/' || (answer ->> 'job_id'), 'the answer says where to ask') from accepted;
select is(pg_temp.target()::text, answer ->> 'portfolio_id', 'from then on it is the own one') from accepted;
select is(pg_temp.target((answer ->> 'portfolio_id')::uuid)::text, answer ->> 'portfolio_id', 'also by its id') from accepted;
select is(pg_temp.target(name => 'Ann New Portfolio')::text, answer ->> 'portfolio_id', 'also by its name') from accepted;
select throws_ok(
    $$select pg_temp.upload(name => 'A second one')$$, 'SS409',
    'You have a portfolio already, "Ann New Portfolio", and an account holds one. Leave out the name to load the file into it.',
    'a second one is not opened'
);
do $$ begin perform set_config('sigmasight.portfolios_per_user', '2', true); end $$;
select is(pg_temp.target(name => 'A second one'), null, 'unless the database says that people may have more');
do $$ begin perform set_config('sigmasight.portfolios_per_user', '', true); end $$;
select throws_ok($$select pg_temp.target('00000000-0000-4000-8000-0000000000f2')$$, 'SS404', null, 'another''s is not there');
select throws_ok($$select pg_temp.upload('00000000-0000-4000-8000-0000000000f2')$$, 'SS404', null, 'not for a file either');
select throws_ok($$select pg_temp.upload('00000000-0000-4000-8000-00000000dead')$$, 'SS404', null, 'no more than one that does not exist');
select lives_ok($$select pg_temp.upload() from generate_series(1, 4)$$, 'five may wait');
select is(count(*), 1::bigint, 'for one portfolio') from app.portfolios p join app.users u using (user_id) where u.email = 'new@example.com';
select throws_ok($$select pg_temp.upload()$$, 'SS429', null, 'a sixth may not');
select pg_temp.become('other@example.com');
select lives_ok($$select pg_temp.upload()$$, 'those of others do not count');
select is(
    j.portfolio_id, '00000000-0000-4000-8000-0000000000f2', 'each goes to its own'
) from ops.jobs j join app.users u using (user_id) where u.email = 'other@example.com';
select pg_temp.become('nobody@example.com');
select throws_ok($$select pg_temp.upload()$$, 'P0002', null, 'nobody uploads nothing');

-- the queue itself is out of reach
create function pg_temp.as_api(statement text) returns void
language plpgsql set role = 'sigmasight_api' as $$ begin execute statement; end $$;
select throws_ok($$select pg_temp.as_api('insert into ops.jobs (kind) values (''upload'')')$$, '42501', null, 'the API writes no job');
select throws_ok($$select pg_temp.as_api('select payload from ops.jobs')$$, '42501', null, 'reads no file');
select throws_ok($$select pg_temp.as_api('select * from ops.take_job(1, ''x'')')$$, '42501', null, 'takes no job');
select throws_ok(
    $$select pg_temp.as_api('insert into app.portfolios (user_id, name) values (gen_random_uuid(), ''x'')')$$, '42501', null,
    'and opens no portfolio'
);
select * from finish();

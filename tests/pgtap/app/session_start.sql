-- app.session_start(): what a new token needs to know
select plan(3);
insert into app.users (user_id, email, full_name, password_hash)
values ('00000000-0000-4000-8000-0000000000aa', 'pgtap@example.com', 'Pg Tap', 'no hash');
select is(
    app.session_start('00000000-0000-4000-8000-0000000000aa') ->> 'portfolio_id', null, 'none without a portfolio'
);
insert into app.portfolios (portfolio_id, user_id, name, created_at)
values
('00000000-0000-4000-8000-0000000000b2', '00000000-0000-4000-8000-0000000000aa', 'Newer', '2020-01-02'),
('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-0000000000aa', 'Older', '2020-01-01');
select is(
    app.session_start('00000000-0000-4000-8000-0000000000aa') ->> 'portfolio_id', '00000000-0000-4000-8000-0000000000b1',
    'the oldest'
);
select ok(
    to_timestamp((app.session_start('00000000-0000-4000-8000-0000000000aa') ->> 'issued_at')::float8)
    between clock_timestamp() - interval '1 minute' and clock_timestamp(), 'issued now'
);
select * from finish();

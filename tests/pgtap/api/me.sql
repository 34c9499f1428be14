-- api.me(): who is asking
select plan(5);
delete from app.portfolios;
insert into app.users (user_id, username, email, full_name, password_hash)
values ('00000000-0000-4000-8000-0000000000aa', 'pgtap', 'pgtap@example.com', 'Pg Tap', 'hash of pgtap');
insert into app.users (user_id, email, full_name, password_hash, is_admin)
values ('00000000-0000-4000-8000-0000000000ab', 'admin@example.com', 'Admin', 'x', true);
insert into app.portfolios (portfolio_id, user_id, name, created_at)
values
('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-0000000000aa', 'Newer', '2020-01-03'),
('00000000-0000-4000-8000-0000000000b2', '00000000-0000-4000-8000-0000000000aa', 'Older', '2020-01-01'),
('00000000-0000-4000-8000-0000000000b3', '00000000-0000-4000-8000-0000000000ab', 'Of the administrator', '2020-01-02');
select is(api.me()::text, null, 'nobody');
select set_config('sigmasight.user_id', '00000000-0000-4000-8000-0000000000aa', true);
select is(
    api.me()::jsonb - 'portfolios',
    '{
        "user_id": "00000000-0000-4000-8000-0000000000aa", "username": "pgtap", "email": "pgtap@example.com",
        "full_name": "Pg Tap", "is_admin": false
    }',
    'oneself, without the password'
);
select is(
    (select string_agg(p ->> 'name', ', ') from json_array_elements(api.me() -> 'portfolios') as p), 'Older, Newer',
    'one''s own portfolios, the oldest first'
);
select set_config('sigmasight.user_id', '00000000-0000-4000-8000-0000000000ab', true);
select is(
    (select string_agg(p ->> 'name', ', ') from json_array_elements(api.me() -> 'portfolios') as p),
    'Of the administrator, Older, Newer', 'all of them for an administrator, their own first'
);
select is(
    (select string_agg(p ->> 'is_own', ', ') from json_array_elements(api.me() -> 'portfolios') as p),
    'true, false, false', 'told apart'
);
select * from finish();

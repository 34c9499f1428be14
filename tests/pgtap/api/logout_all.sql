-- api.logout_all(): every token that the caller was given is dead
select plan(4);
update app.users set tokens_valid_from = 'epoch';
insert into app.users (user_id, username, email, full_name, password_hash)
values ('00000000-0000-4000-8000-0000000000aa', 'pgtap', 'pgtap@example.com', 'Pg Tap', 'hash of pgtap');
select set_config('sigmasight.user_id', '00000000-0000-4000-8000-0000000000aa', true);
select ok(api.logout_all(), 'all sessions end');
select is(
    (select e.status from api.enter('00000000-0000-4000-8000-0000000000aa', gen_random_uuid(), now()) as e),
    'unauthenticated', 'those from before'
);
select is(
    (select e.status from api.enter('00000000-0000-4000-8000-0000000000aa', gen_random_uuid(), clock_timestamp()) as e),
    'ok', 'not those from after'
);
select is(
    (select count(*) from app.users u where u.tokens_valid_from > 'epoch'), 1::bigint, 'and nobody else''s'
);
select * from finish();

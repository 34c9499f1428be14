-- api.logout(): the caller's token is revoked, and what expired is forgotten
select plan(5);
insert into app.users (user_id, username, email, full_name, password_hash)
values ('00000000-0000-4000-8000-0000000000aa', 'pgtap', 'pgtap@example.com', 'Pg Tap', 'hash of pgtap');
delete from app.revoked_tokens;
insert into app.revoked_tokens (token_id, user_id, expires_at)
select gen_random_uuid(), '00000000-0000-4000-8000-0000000000aa', clock_timestamp() - interval '1 minute'
from generate_series(1, 120);
select set_config('sigmasight.user_id', '00000000-0000-4000-8000-0000000000aa', true);
select ok(api.logout('00000000-0000-4000-8000-0000000000c1', 'tomorrow'), 'a token is revoked');
select ok(api.logout('00000000-0000-4000-8000-0000000000c1', 'tomorrow'), 'twice is once');
select results_eq(
    'select token_id, user_id from app.revoked_tokens where expires_at > now()',
    $$values ('00000000-0000-4000-8000-0000000000c1'::uuid, '00000000-0000-4000-8000-0000000000aa'::uuid)$$, 'it is kept'
);
select is((select count(*) from app.revoked_tokens), 1::bigint, 'those that expired are gone after two calls');
select is(
    (
        select e.status
        from api.enter('00000000-0000-4000-8000-0000000000aa', '00000000-0000-4000-8000-0000000000c1', now()) as e
    ),
    'unauthenticated', 'and nobody enters with it'
);
select * from finish();

-- api.caller_is_admin
select plan(4);
select set_config('sigmasight.user_id', (select u.user_id::text from app.users as u where u.username = 'demo_admin'), true);
select ok(api.caller_is_admin(), 'the administrator is one');
update app.users set is_active = false where username = 'demo_admin';
select ok(not api.caller_is_admin(), 'not while disabled');
select set_config('sigmasight.user_id', (select u.user_id::text from app.users as u where u.username = 'demo_user_1'), true);
select ok(not api.caller_is_admin(), 'others are not');
select set_config('sigmasight.user_id', '', true);
select ok(not api.caller_is_admin(), 'nor is nobody');
select * from finish();

-- api.analytics_positions_attribution, api.attribution, api.attribution_groups: who made the P&L
select plan(8);
select is(api.analytics_positions_attribution()::text, null, 'nobody has no portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.groups(by text) returns table (key text, lots integer, pnl double precision)
language sql as $$
    select g ->> 'key', (g ->> 'count')::integer, (g ->> 'pnl')::double precision
    from json_array_elements(api.analytics_positions_attribution(null, by) -> 'groups') as g
$$;
select is(
    round((select sum(pnl) from pg_temp.groups('type'))::numeric, 4),
    round((api.analytics_positions_attribution() ->> 'total_pl')::numeric, 4), 'types add up'
);
select is((select sum(lots) from pg_temp.groups('type')), 50::bigint, 'each lot once');
select ok((select sum(lots) from pg_temp.groups('tag')) > 50, 'with two tags it stands in both groups');
update published.lots set tags = '{}' where portfolio_id = api.portfolio_id(null);
select results_eq($$select key, lots from pg_temp.groups('tag')$$, $$values (null::text, 50)$$, 'without any in one of their own');
update published.portfolio_daily_views set daily_pnl = 0, daily_return = null where portfolio_id = api.portfolio_id(null) and view_name = 'portfolio';
select is_empty(
    $$select from api.attribution(api.portfolio_id(null)) where contribution_percent is not null or contribution_to_return is not null$$,
    'no shares of nothing'
);
set local sigmasight.as_of = '2024-01-02';
select is(api.analytics_positions_attribution() ->> 'reason', api.unavailable_reason(api.portfolio_id(null)), 'why there is none');
select * from finish();

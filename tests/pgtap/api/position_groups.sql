-- api.position_groups: lots in groups
select plan(3);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table grouped as
select api.position_groups(api.portfolio_id(null), null, 'type', null, null, null, 'any', false, 'symbol', 'asc', 3, null)::jsonb as data;
select results_eq(
    $$select g ->> 'key', (g ->> 'count')::bigint, jsonb_array_length(g -> 'positions') from grouped, jsonb_array_elements(data -> 'groups') as g$$,
    $$select p.position_type, count(*), least(3, count(*))::int from marts.positions as p join marts.portfolios using (portfolio_id)
    where owner_email like 'demo_user_1@%' and p.is_open group by 1 order by array_position(array['LONG', 'SHORT', 'LC', 'LP', 'SC', 'SP'], p.position_type)$$,
    'each lot in the group of its type, as many written out as the limit allows'
);
select is(
    (data #>> '{summary,total_positions}')::bigint, (select sum((g ->> 'count')::bigint)::bigint from jsonb_array_elements(data -> 'groups') as g),
    'types part the whole'
) from grouped;
select is(
    api.position_groups(api.portfolio_id(null), 'not yet', 'tag', null, null, null, 'any', false, 'symbol', 'asc', 3, null)::jsonb - 'portfolio_id' - 'summary',
    '{"group_by": "tag", "groups": [], "status": "unavailable", "reason": "not yet"}'::jsonb, 'without figures it says why'
);
select * from finish();

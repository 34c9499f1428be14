-- api.positions: lists, pages, groups and their sums
select plan(8);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
prepare listed (text, text, integer, text) as select api.positions(null, $1, null, null, null, 'any', false, $2, 'asc', $3, $4)::jsonb -> 'data';
create temporary table shown as
select api.positions(null, null, null, null, null, 'any', false, 'symbol', 'asc', 30, null)::jsonb -> 'data' as page_1, null::jsonb as page_2,
    api.positions(null, 'tag', null, null, null, 'any', false, 'symbol', 'asc', 2, null)::jsonb -> 'data' as grouped;
update shown set page_2 = api.positions(null, null, null, null, null, 'any', false, 'symbol', 'asc', 30, page_1 #>> '{page,next}')::jsonb -> 'data';
select is(array[jsonb_array_length(page_1 -> 'positions'), jsonb_array_length(page_2 -> 'positions')], array[30, 20], 'pages end where they should') from shown;
select is(page_2 -> 'page', '{"limit": 30, "next": null}'::jsonb, 'the last one is known') from shown;
select is(page_1 -> 'summary', page_2 -> 'summary', 'sums are of everything') from shown;
select results_eq(
    $$select p ->> 'symbol' from shown, jsonb_array_elements((page_1 -> 'positions') || (page_2 -> 'positions')) as p$$,
    $$select p.symbol from marts.positions as p join marts.portfolios using (portfolio_id) where owner_email like 'demo_user_1@%' order by symbol collate "C"$$, 'together they are the book'
);
select results_eq(
    $$select g ->> 'label', (g ->> 'count')::int, jsonb_array_length(g -> 'positions') from shown, jsonb_array_elements(grouped -> 'groups') as g where g ->> 'label' in ('Covered Call', 'Hedge')$$,
    $$values ('Covered Call', 4, 2), ('Hedge', 5, 2)$$, 'a group counts all and shows as many as the limit allows'
);
select is(grouped -> 'summary', page_1 -> 'summary', 'the whole counts each lot once') from shown;
select results_eq(
    $$select d -> 'groups' -> 0 ->> 'label', d ->> 'group_by' from (select api.positions(null, 'strategy', null, null, null, 'any', false, 'symbol', 'asc', 2, null)::jsonb -> 'data') as x (d)$$,
    $$values ('No strategy', 'strategy')$$, 'those without one stand together'
);
select is(api.positions(gen_random_uuid(), null, null, null, null, 'any', false, 'symbol', 'asc', 2, null)::text, null, 'none that does not exist');
select * from finish();

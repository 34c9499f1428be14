-- api.position_rows: the lots that are asked for, in order
select plan(11);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table mine as select api.portfolio_id(null) as portfolio_id;
prepare lots (text[], text[], text[], text, text, text, text, integer) as
select r.document ->> 'symbol' from mine
cross join lateral api.position_rows(mine.portfolio_id, $1, $2, $3, $4, false, $5, $6, $7, $8) as r
where r.place_no >= 1 and r.document is not null order by r.place_no;
select results_eq($$execute lots('{LP}', null, null, 'any', 'symbol', 'asc', null, null)$$, array['IWM271217P00220000', 'SPY271217P00600000', 'TSLA280121P00150000'], 'of a type, by symbol');
select results_eq($$execute lots('{LP}', null, null, 'any', 'symbol', 'desc', null, 2)$$, array['TSLA280121P00150000', 'SPY271217P00600000'], 'the other way, the first two');
select results_eq($$execute lots(null, '{nvda}', null, 'any', 'symbol', 'asc', null, null)$$, array['NVDA', 'NVDA271217C00180000'], 'of a symbol, with its options');
select results_eq($$execute lots(null, null, '{hedge,options overlay,nothing}', 'all', 'symbol', 'asc', null, null)$$, array[]::text[], 'with all of the tags');
select results_eq($$execute lots('{LONG}', null, '{PAIRS TRADE,quality long}', 'all', 'symbol', 'asc', null, null)$$, array['V'], 'in any case');
select results_eq(
    format('execute lots(%L, null, null, %L, %L, %L, %L, null)', '{LP}', 'any', 'symbol', 'asc', api.cursor('symbol', 'asc', null, 'IWM271217P00220000', 'ffffffff-ffff-4fff-bfff-ffffffffffff')),
    array['SPY271217P00600000', 'TSLA280121P00150000'], 'after a place'
);
select results_eq(
    format('execute lots(%L, null, null, %L, %L, %L, %L, null)', '{LONG,LP}', 'any', 'expiration_date', 'asc', api.cursor('expiration_date', 'asc', null, null, '00000000-0000-4000-8000-000000000000')),
    $$select p.symbol from marts.positions as p join marts.portfolios using (portfolio_id) where owner_email like 'demo_user_1@%' and p.position_type = 'LONG' order by p.position_id$$,
    'what is unknown stands last, by id'
);
select results_eq(
    $$select r.position_type, r.risk_symbol, r.tag_names, r.place_no, r.document is null from mine
    cross join lateral api.position_rows(mine.portfolio_id, '{LP,SC}', '{tsla,nvda}', null, 'any', false, 'symbol', 'desc', null, 1) as r order by r.place_no$$,
    $$values ('LP', 'TSLA', array['Hedge', 'Options Overlay'], 1::bigint, false), ('SC', 'NVDA', null, 2, true)$$,
    'a row tells what it is grouped by; beyond the limit it has neither tags nor document'
);
select is(
    (select (r.document::jsonb #> '{risk_metrics}') - 'risk_contribution' from mine cross join lateral api.position_rows(mine.portfolio_id, null, '{spy}', null, 'any', false, 'symbol', 'asc', null, 1) as r where r.place_no = 1),
    '{"beta": 1}'::jsonb, 'the beta is that of the underlying'
);
update published.lots set sector = null where position_id = (select position_id from app.positions where symbol = 'LLY' and portfolio_id = (select portfolio_id from mine));
select is(
    (select array_agg(r.document ->> 'symbol' order by r.place_no) from mine cross join lateral api.position_rows(mine.portfolio_id, '{LONG}', '{lly,ko,v}', null, 'any', false, 'sector', 'desc', null, null) as r),
    array['V', 'KO', 'LLY'], 'letters downward: what is unknown stands last all the same'
);
select is_empty($$select * from api.position_rows(gen_random_uuid(), null, null, null, 'any', true, 'symbol', 'asc', null, null)$$, 'none of a portfolio that does not exist');
select * from finish();

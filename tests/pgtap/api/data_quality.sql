-- api.data_quality: how complete the prices behind a portfolio's figures are
select plan(7);
prepare quality (text) as
select api.data_quality(p.portfolio_id)::jsonb from marts.portfolios as p where p.owner_email like $1 || '@%';
select results_eq(
    $$execute quality('demo_individual')$$,
    $$select jsonb_build_object('coverage_pct', avg(coalesce(c.coverage_90, 0)), 'stale_symbols', '[]'::jsonb, 'missing_symbols', '["FCNTX", "FMAGX", "FXNAX", "VTIAX"]'::jsonb, 'status', 'partial')
    from (select distinct symbol from marts.positions join marts.portfolios using (portfolio_id) where owner_email like 'demo_individual@%') s
    join marts.data_coverage c using (symbol)$$, 'funds that nobody prices are missing'
);
select results_eq(
    $$select q ->> 'status', (q ->> 'coverage_pct')::float8 < 1, q -> 'missing_symbols' from (select api.data_quality(portfolio_id)::jsonb from marts.portfolios where owner_email like 'demo_user_1@%') as x (q)$$,
    $$values ('partial', true, '[]'::jsonb)$$, 'one session without a close is enough to be partial'
);
select results_eq(
    $$select q ->> 'status', q ->> 'coverage_pct', q -> 'missing_symbols' from (select api.data_quality(gen_random_uuid())::jsonb) as x (q)$$,
    $$values ('ok', null::text, '[]'::jsonb)$$, 'nothing held, nothing missing'
);
select results_eq(
    'select portfolio_id, api.data_quality(portfolio_id)::jsonb from marts.portfolios order by 1', $$
    select portfolio_id, jsonb_build_object('coverage_pct', coverage_pct, 'stale_symbols', stale_symbols, 'missing_symbols', missing_symbols, 'status', status)
    from marts.portfolio_data_quality order by 1$$, 'at the market date it is what was published'
);
-- without that it is looked up, as it is for an earlier session
delete from published.portfolio_data_quality;
update published.position_daily_values as v set price_source = 'stale' from published.lots as l, marts.portfolios as p
where v.position_id = l.position_id and l.symbol = 'AAPL' and p.portfolio_id = l.portfolio_id and p.owner_email like 'demo_user_1@%';
select results_eq($$select (api.data_quality(portfolio_id)::jsonb -> 'stale_symbols') from marts.portfolios where owner_email like 'demo_user_1@%'$$, $$values ('["AAPL"]'::jsonb)$$, 'what has an older close is stale');
select results_eq($$select (api.data_quality(portfolio_id)::jsonb -> 'stale_symbols') from marts.portfolios where owner_email like 'demo_user_2@%'$$, $$values ('[]'::jsonb)$$, 'in that portfolio only');
select ok((api.data_quality(null)::jsonb -> 'missing_symbols') @> '["FCNTX"]' and (api.data_quality(null)::jsonb -> 'stale_symbols') @> '["AAPL"]', 'of everything, where none is named');
select * from finish();

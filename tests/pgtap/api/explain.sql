-- api.explain: one figure with what it was computed from
select plan(19);
create temporary table book as
select p.portfolio_id, p.market_date from marts.portfolios as p where p.owner_email = 'demo_user_1@sigmasight.com';
select is(api.explain('alpha', (select portfolio_id from book))::text, null, 'what no catalogue has');
select is(api.explain('nav', '00000000-0000-4000-8000-000000000000')::text, null, 'a portfolio that does not exist');
select is(api.explain('beta_60d', p_symbol => 'NOSUCH')::text, null, 'a security that does not exist');

create temporary table answer as select api.explain('var_95_1d_pct', (select portfolio_id from book), 'longs') as a;
select is((a ->> 'success')::boolean, true, 'the envelope') from answer;
select is((a #>> '{data,value}')::float8, r.var_95_1d_pct, 'the figure as published')
from answer cross join marts.portfolio_daily_risk as r join book using (portfolio_id)
where r.view = 'longs' and r.session_date = book.market_date;
select is((a #>> '{data,parameters,z}')::float8, 1.6448536269514722::float8, 'its constants') from answer;
select is(a #>> '{data,denominator,name}', 'nav', 'what it is a share of') from answer;
select is((a #>> '{data,denominator,value}')::float8, s.nav, 'and how much that is')
from answer cross join marts.portfolio_daily_snapshots as s join book using (portfolio_id) where s.session_date = book.market_date;
select is((a #>> '{data,window,sessions}')::integer, 60, 'the window counts sessions') from answer;
select is(
    (a #>> '{data,window,first_session}')::date,
    (select s.session_date from raw.sessions as s where s.session_no = (
        select session_no - 59 from raw.sessions join book on session_date = market_date
    )),
    'and begins with the first of them'
) from answer;
select is(a #>> '{data,source,row,view}', 'longs', 'where it is published') from answer;
select is(a #>> '{meta,as_of}', (select market_date::text from book), 'and as of when') from answer;
select is(
    (api.explain('sharpe_ratio', (select portfolio_id from book)) #>> '{data,parameters,risk_free_rate}')::float8, 0::float8,
    'the rate comes with the figure'
);
select is(
    api.explain('mark', (select portfolio_id from book)) #>> '{data,source,row,position_id}',
    (select p.position_id::text from marts.positions as p join book using (portfolio_id) order by notional_exposure desc limit 1),
    'without a position the largest'
);
select results_eq(
    $$select d ->> 'value', d ->> 'status', d ->> 'reason' from (
        select api.explain('strike_price', (select portfolio_id from book)) -> 'data' as d) as x$$,
    $$values (null::text, 'unavailable', 'a stock has no strike')$$, 'an unknown figure says why'
);
select is(
    (api.explain('beta_60d', p_symbol => 'spy') #>> '{data,value}')::float8, 1::float8, 'a symbol in whatever case; SPY on itself'
);
select is((api.explain_denominator('expected_90', '{"history": [{"sessions_since": 30}]}', null, null, null)), 30::float8, 'a young symbol');
set local sigmasight.as_of = '2026-06-06';
select is(
    api.explain('nav', (select portfolio_id from book)) #>> '{data,source,row,session_date}', '2026-06-05', 'as of a Saturday: the Friday'
);
set local sigmasight.as_of = '';
select is(
    json_array_length(api.explain_metrics() #> '{data,metrics}'), (select count(*)::integer from api.explain_catalogue()), 'the list is the catalogue'
);
select * from finish();

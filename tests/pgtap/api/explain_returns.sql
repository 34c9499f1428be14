-- api.explain_returns: the returns of a view over a window
select plan(5);
create temporary table answer as
select p.portfolio_id, s.session_no, api.explain_returns(p.portfolio_id, 'portfolio', s.session_no, 60) -> 'returns' as r
from marts.portfolios as p join raw.sessions as s on s.session_date = p.market_date
where p.owner_email = 'demo_hnw@sigmasight.com';
select is(json_array_length(r), 60, 'one for each session') from answer;
select is(r -> 59 ->> 'session_date', '2026-06-30', 'the newest last') from answer;
select is(
    (select stddev_samp((x ->> 'daily_return')::float8) * sqrt(252::float8) from json_array_elements(r) as x), k.realized_volatility_60d,
    'their spread is the published volatility'
)
from answer join marts.portfolio_daily_risk as k using (portfolio_id) where k.view = 'portfolio' and k.session_date = '2026-06-30';
select is(
    json_array_length(api.explain_returns('00000000-0000-4000-8000-000000000000', 'portfolio', session_no, 60) -> 'returns'), 0,
    'none for nobody'
) from answer;
select is(
    (api.explain_returns(portfolio_id, 'portfolio', session_no, 60) #>> '{held,0,position_count}')::integer,
    (select s.position_count from marts.portfolio_daily_snapshots as s where s.portfolio_id = a.portfolio_id and s.session_no = a.session_no),
    'and how much is held'
) from answer as a;
select * from finish();

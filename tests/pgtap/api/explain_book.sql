-- api.explain_book and its kin: lots, settlements and days that a portfolio's figures are summed from
select plan(11);
create temporary table at_session as
select p.portfolio_id, s.session_no, p.market_date from marts.portfolios as p join raw.sessions as s on s.session_date = p.market_date
where p.owner_email = 'demo_user_1@sigmasight.com';
create temporary table answer as
select api.explain_book(portfolio_id, 'portfolio', session_no) as b, api.explain_lots(portfolio_id, 'shorts', session_no) as shorts from at_session;
select is(json_array_length(b -> 'lots'), s.position_count, 'a row for each lot')
from answer cross join marts.portfolio_daily_snapshots as s join at_session using (portfolio_id) where s.session_date = market_date;
select is(
    (select sum((l ->> 'unrealized_pnl')::float8) from json_array_elements(b -> 'lots') as l), s.unrealized_pnl, 'which add up in their order'
)
from answer cross join marts.portfolio_daily_snapshots as s join at_session using (portfolio_id) where s.session_date = market_date;
select is((b #>> '{equity,0,equity_balance}')::float8, p.equity_balance, 'and what the account was opened with')
from answer cross join marts.portfolios as p join at_session using (portfolio_id);
select is_empty(
    $$select from answer, json_array_elements(shorts -> 'lots') as l where l ->> 'side' <> 'shorts'$$, 'a view has the lots of its side'
);

create temporary table expired as
select p.portfolio_id, p.position_id, p.realized_pnl, s.session_no
from marts.positions as p
cross join lateral (
    select n.session_no from raw.sessions as n where n.session_date > p.expiration_date order by n.session_date limit 1
) as s
where p.is_expired order by p.expiration_date desc, p.position_id limit 1;
select ok((l ->> 'is_settlement')::boolean, 'an option settles in the session after its expiration')
from expired, json_array_elements(api.explain_lots(portfolio_id, 'portfolio', session_no) -> 'lots') as l
where (l ->> 'position_id')::uuid = position_id;
select is((s ->> 'realized_pnl')::float8, realized_pnl, 'and is booked from then on')
from expired, json_array_elements(api.explain_book(portfolio_id, 'portfolio', session_no + 1) -> 'settlements') as s
where (s ->> 'position_id')::uuid = position_id;

select is(
    (api.explain_equity(p.portfolio_id) #>> '{lots,0,multiplier}')::integer in (1, 100), true,
    'equity that was not declared is what the lots cost'
) from marts.portfolios as p where p.equity_source = 'gross_cost' limit 1;
select is(
    api.explain_period(portfolio_id, session_no, 'month') #>> '{period_start,0,session_date}', '2026-05-29', 'June starts from the last session of May'
) from at_session;
select is(
    (api.explain_day(portfolio_id, session_no) #>> '{day_before,0,nav}')::float8,
    (select nav from marts.portfolio_daily_snapshots as s where s.portfolio_id = at_session.portfolio_id and s.session_date = '2026-06-29'),
    'a return is a share of the NAV before'
) from at_session;
insert into app.equity_flows (portfolio_id, flow_date, amount, created_at)
select portfolio_id, flow_date, amount, '2001-01-01' from at_session cross join (values (date '2026-06-28', 5), ('2026-06-30', 7), ('2026-07-01', 9)) as f (flow_date, amount);
select results_eq(
    $$select f ->> 'amount', f ->> 'is_session' from at_session, json_array_elements(api.explain_flows(portfolio_id, session_no) -> 'flows') as f$$,
    $$values ('5', 'false'), ('7', 'true')$$, 'what was paid in up to a session'
);
select is(
    (
        select avg((s ->> 'actual_90')::float8 / (s ->> 'expected_90')::float8)
        from json_array_elements(api.explain_symbols(portfolio_id, session_no) -> 'symbols') as s
    )::numeric(12, 10), (select coverage_pct from marts.portfolio_data_quality as q where q.portfolio_id = a.portfolio_id)::numeric(12, 10),
    'the coverage of what is held'
) from at_session as a;
select * from finish();

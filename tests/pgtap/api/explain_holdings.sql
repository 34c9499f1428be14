-- api.explain_holdings, api.explain_betas: exposures with returns or betas
select plan(9);
create temporary table at_session as
select p.portfolio_id, s.session_no from marts.portfolios as p join raw.sessions as s on s.session_date = p.market_date
where p.owner_email = 'demo_hnw@sigmasight.com';
create temporary table answer as
select
    api.explain_holdings(portfolio_id, 'portfolio', session_no, 60) as h,
    api.explain_betas(portfolio_id, 'portfolio', session_no, 'Size') as b,
    api.explain_betas(portfolio_id, 'portfolio', session_no, 'Short Interest') as i
from at_session;
select is(json_array_length(h -> 'sessions'), 60, 'the sessions of the window') from answer;
select is_empty(
    $$select from answer, json_array_elements(h -> 'holdings') as x where json_array_length(x -> 'daily_returns') <> 60$$,
    'a return or null for each of them'
);
select is_empty(
    $$select from answer, json_array_elements(h -> 'holdings') as x
    where (x ->> 'takes_part')::boolean <> ((select count(*) from json_array_elements_text(x -> 'daily_returns') as r(r) where r is not null) >= 57)$$,
    'with 57 of them a holding takes part'
);
select is(
    (select count(distinct (x ->> 'side', x ->> 'symbol')) from json_array_elements(h -> 'holdings') as x),
    json_array_length(h -> 'holdings')::bigint, 'a security is there once a side, its options with it'
) from answer;
select is_empty(
    $$select from answer, json_array_elements(b -> 'holdings') as x
    join marts.security_daily_betas as m on m.symbol = x ->> 'symbol' and m.factor_name = 'Size' and m.session_date = '2026-06-30'
    where (x ->> 'beta')::float8 is distinct from m.beta_60d$$,
    'the betas that are published'
);
select ok(json_array_length(i -> 'universe') > 20, 'short interest is judged against the universe') from answer;
select is_empty(
    $$select from answer, json_array_elements(i -> 'universe') as u
    where (u ->> 'average_volume')::float8 <= 0 or (u ->> 'settlement_date')::date > '2026-06-30'$$,
    'by reports that were out and volumes that there were'
);
select is(
    (
        select sum(x.exposure) from at_session as a
        cross join lateral api.explain_exposures(a.portfolio_id, 'longs', a.session_no) as x
    )::numeric(20, 4),
    (
        select sum(d.delta_adjusted_exposure) from marts.position_daily_values as d
        join marts.positions as p using (position_id) join at_session as a on a.portfolio_id = d.portfolio_id
        where d.session_date = '2026-06-30' and p.position_type in ('LONG', 'LC', 'LP')
    )::numeric(20, 4),
    'nothing is lost when lots are taken together'
);
select is(
    json_array_length(api.explain_holdings('00000000-0000-4000-8000-000000000000', 'portfolio', session_no, 60) -> 'holdings'), 0,
    'none for nobody'
) from at_session;
select * from finish();

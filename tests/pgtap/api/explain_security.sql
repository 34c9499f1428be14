-- api.explain_security_returns and its kin: returns, closes and bars of a security
select plan(13);
create temporary table at_session as select s.session_no from raw.sessions as s where s.session_date = '2026-06-30';
create temporary table stock as select symbol_id from raw.securities where symbol = 'AAPL';
create temporary table answer as
select api.explain_security_returns(symbol_id, session_no, 'Size') as a, api.explain_security_returns(symbol_id, session_no) as alone
from stock cross join at_session;
select is(a #>> '{arithmetic,0}', 'units of 1e-17', 'sums in fixed point') from answer;
select is(json_array_length(a -> 'returns'), 60, 'a pair for each session') from answer;
select is_empty(
    $$select from answer, json_array_elements(a -> 'returns') as r
    where (r ->> 'y_units')::bigint <> round((r ->> 'y')::float8::numeric * 1e17) and abs((r ->> 'y_units')::numeric - (r ->> 'y')::numeric * 1e17) > 16$$,
    'the units are the return'
);
select is(alone #>> '{returns,0,x}', null, 'alone without a factor') from answer;
select is(
    (select count(*) from at_session cross join lateral api.explain_factor_panel(session_no)), 420::bigint, 'seven factors have returns'
);

update published.security_panel_even set daily_return = 1.5
where symbol_id = (select symbol_id from stock) and session_date = '2026-06-01';
update published.security_panel_odd set daily_return = 1.5
where symbol_id = (select symbol_id from stock) and session_date = '2026-06-01';
create temporary table wild as
select api.explain_security_returns(symbol_id, session_no, 'Size') as a from stock cross join at_session;
select is(a #>> '{arithmetic,0}', 'plain returns', 'a return beyond 100 % fits no fixed point') from wild;
select is(a #>> '{returns,0,y_units}', null, 'so there are no units') from wild;

select is(
    json_array_length(api.explain_closes(symbol_id, session_no, 90) -> 'closes'), 91, 'a fall begins at the close before the window'
) from stock cross join at_session;
select is(
    api.explain_prices(symbol_id, session_no) #>> '{closes,1,session_date}', '2026-06-29', 'a return needs the close before'
) from stock cross join at_session;
select is(
    api.explain_prices(s.symbol_id, n.session_no) #>> '{splits,0,split_ratio}', '10', 'NVDA split 10 for 1 in June 2024'
)
from raw.securities as s, raw.sessions as n where s.symbol = 'NVDA' and n.session_date = '2024-06-07';
select ok(
    (api.explain_prices(s.symbol_id, n.session_no) #>> '{splits,0,is_of_the_session}')::boolean, 'which is the split of the Monday'
)
from raw.securities as s, raw.sessions as n where s.symbol = 'NVDA' and n.session_date = '2024-06-10';
delete from published.security_daily_prices where symbol_id = (select symbol_id from stock) and session_date = '2026-06-11';
select is_empty(
    $$select from stock cross join at_session, json_array_elements(api.explain_coverage(symbol_id, session_no, 90) -> 'sessions') as s
    where (s ->> 'has_close')::boolean = (s ->> 'session_date' = '2026-06-11')$$,
    'coverage tells the sessions without a close'
);
select is(
    api.explain_coverage(-1, session_no, 90) #>> '{history,0,sessions_since}', null, 'no bar, no history'
) from at_session;
select * from finish();

-- api.explain_kept_returns, explain_since, explain_month, explain_falls: the returns of a view behind its figures over periods
select plan(6);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create temporary table seen as
select api.portfolio_id(null) as id, v.market_session_no as no from ops.visible_run() as v;
select is(
    (select count(*) from api.explain_kept_returns(id, 'portfolio', no)),
    (select count(*) from marts.portfolio_daily_snapshots where portfolio_id = id), 'every session that is kept'
) from seen;
select is(
    api.explain_since(id, 'portfolio', no, 'ytd') #>> '{period,0,first_session}',
    (select ytd_start_date::text from marts.portfolio_performance where portfolio_id = id and view = 'portfolio' and session_no = no),
    'the year begins with its first session'
) from seen;
select is(json_array_length(api.explain_since(id, 'portfolio', no, 'inception') -> 'opening'), 1, 'without flows NAV stands for returns')
from seen;
select is(
    (select sum((r ->> 'daily_pnl')::float8) from json_array_elements(api.explain_month(id, 'portfolio', no, '2026-06-01') -> 'returns') as r),
    (select pnl from marts.portfolio_monthly_returns where portfolio_id = id and view = 'portfolio' and month_start = '2026-06-01'),
    'a month sums to its P&L'
) from seen;
select ok(
    (select bool_and(r ->> 'daily_return' is not null) from json_array_elements(api.explain_falls(id, 'longs', no) -> 'returns') as r),
    'falls are made of returns that exist'
) from seen;
select * from finish();

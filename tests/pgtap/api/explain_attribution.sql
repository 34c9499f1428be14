-- api.explain_earned, explain_lot_days, explain_factor_days, explain_option_day: what P&L is attributed from
select plan(5);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_hedgefundstyle'), true)$$, 'as demo_hedgefundstyle');
create temporary table seen as
select a.portfolio_id as id, a.session_no as no, a.start_date, a.group_kind, a.group_key, a.pnl, a.period_pnl, a.session_count, a.n_obs
from marts.portfolio_pnl_attribution as a where a.portfolio_id = api.portfolio_id(null) and a.period = '1m';
select is(
    json_array_length(api.explain_earned(id, no, start_date, group_kind, group_key) -> 'sessions'), session_count, 'every session of the period'
) from seen where group_kind = 'type' order by group_key limit 1;
select is(
    (
        select sum((d ->> 'daily_pnl')::float8)::numeric(20, 4)
        from json_array_elements(api.explain_lot_days(id, no, start_date, group_kind, group_key)) as d
    ), pnl::numeric(20, 4), 'the days of its lots sum to the P&L of a group'
) from seen where group_kind = 'sector' order by group_key limit 1;
select is(
    json_array_length(api.explain_factor_days(id, no, start_date, 'Value')), 3 * n_obs, 'a factor earns on itself and on those before it'
) from seen where group_kind = 'factor' and group_key = 'Value';
select is(
    (
        select (api.explain_option_day(e.position_id, e.session_no) #>> '{day,0,daily_pnl}')::float8
    ), e.daily_pnl, 'the P&L of an option'
)
from (
    select * from marts.option_pnl_explain as o
    where o.portfolio_id in (select id from seen) order by o.session_no desc, o.position_id limit 1
) as e;
select * from finish();

-- api.report_snapshot and report_exposures: value, P&L and exposures of the session
select plan(3);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
select results_eq(
    $$select (r #>> '{data,total_value}')::float8, (r #>> '{data,daily_pnl}')::float8 from (select api.report_snapshot(api.portfolio_id(null)) as r) as told$$,
    $$select s.nav, s.daily_pnl from marts.portfolio_daily_snapshots as s, ops.visible_run() as v
    where s.portfolio_id = api.portfolio_id(null) and s.session_no = v.market_session_no$$, 'the figures are those of the mart'
);
select results_eq(
    $$select (r #>> '{data,notional,gross_exposure}')::float8, (r #>> '{data,delta_adjusted,net_share_of_nav}')::float8 from (select api.report_exposures(api.portfolio_id(null)) as r) as told$$,
    $$select s.gross_exposure, s.delta_net_exposure_pct_nav from marts.portfolio_daily_snapshots as s, ops.visible_run() as v
    where s.portfolio_id = api.portfolio_id(null) and s.session_no = v.market_session_no$$, 'exposures too'
);
set local sigmasight.as_of = '2024-01-02';
select is(api.report_snapshot(api.portfolio_id(null)) ->> 'reason', api.unavailable_reason(api.portfolio_id(null)), 'or it says why there are none');
select * from finish();

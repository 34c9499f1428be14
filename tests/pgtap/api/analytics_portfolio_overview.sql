-- api.analytics_portfolio_overview: the key figures
select plan(5);
select is(api.analytics_portfolio_overview('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.overview(path text[]) returns text
language sql as $$ select api.analytics_portfolio_overview(api.portfolio_id(null)) #>> path $$;
select is(
    pg_temp.overview('{total_value}')::double precision,
    (select nav from marts.portfolio_daily_snapshots where portfolio_id = api.portfolio_id(null) and session_date = '2026-06-30'), 'worth its NAV'
);
select is(pg_temp.overview('{position_count}')::jsonb, '{"total_positions": 50, "long_count": 20, "short_count": 15, "option_count": 15}', 'its lots');
insert into app.portfolios (portfolio_id, user_id, name)
select '00000000-0000-4000-8000-000000000001', user_id, 'New' from app.users where username = 'demo_admin';
select is(
    (api.analytics_portfolio_overview('00000000-0000-4000-8000-000000000001')::jsonb) - '{exposures,pnl,position_count,last_updated,as_of,run_id,data_quality}'::text[],
    '{"portfolio_id": "00000000-0000-4000-8000-000000000001", "name": "New", "currency": null, "equity_balance": null, "equity_source": null,
    "net_asset_value": null, "total_value": null, "cash_balance": null, "leverage": null, "total_pl": null, "total_pl_percent": null,
    "status": "unavailable", "reason": "not yet published"}', 'one that no run has seen'
);
select * from finish();

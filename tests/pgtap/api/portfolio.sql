-- api.portfolio: the portfolio at a glance
select plan(6);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table shown as select api.portfolio(null)::jsonb -> 'data' as data;
select results_eq(
    $$select (data ->> 'total_value')::float8, (data #>> '{pnl,ytd}')::float8, (data #>> '{exposure_calculations,delta,net_exposure}')::float8 from shown$$,
    $$select nav, ytd_pnl, delta_net_exposure from marts.portfolio_daily_snapshots join marts.portfolios using (portfolio_id)
    where owner_email like 'demo_user_1@%' and session_date = '2026-06-30'$$, 'as the snapshot says'
);
select is(data -> 'positions_by_type', '{"LONG": 20, "SHORT": 15, "LC": 5, "LP": 3, "SC": 3, "SP": 4}'::jsonb, 'open lots by type') from shown;
select ok((data #>> '{exposures,short,value}')::float8 < 0 and (data #>> '{exposures,short,pct_nav}')::float8 < 0, 'a short side is negative') from shown;
select is(data #> '{exposures,net,visual,target_range}', '[-0.2, 0.6]'::jsonb, 'the target of the net exposure') from shown;
set local sigmasight.as_of = '2026-01-05';
select results_eq(
    $$select d ->> 'status', d ->> 'reason', d ->> 'total_value', d #>> '{positions_by_type,LC}' from (select api.portfolio(null)::jsonb -> 'data') as x (d)$$,
    $$values ('unavailable', 'before the first position was entered', null::text, null::text)$$, 'null, not zero, where nothing is known'
);
select is(api.portfolio(gen_random_uuid())::text, null, 'none that does not exist');
select * from finish();

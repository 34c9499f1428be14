-- api.analytics_portfolio_attribution: the groups of every kind sum to the P&L of the period
select plan(4);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
select is(api.analytics_portfolio_attribution('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select is_empty(
    $$select p.period, k.kind from unnest('{1d,1w,1m,3m,ytd,1y}'::text[]) p (period)
    cross join unnest('{position,type,tag,sector,factor}'::text[]) k (kind)
    cross join lateral (select api.analytics_portfolio_attribution(api.portfolio_id(null), p.period, k.kind) -> 'data' as data) a
    where abs((data ->> 'pnl')::float8 - (select sum((g ->> 'pnl')::float8) from json_array_elements(data -> 'groups') g)) > 1e-6
        or (data ->> 'pnl') is null$$, 'whatever they are'
);
update ops.run_engines set status = 'failed', reason = 'failed: model a' where engine = 'performance';
select is(
    api.analytics_portfolio_attribution(api.portfolio_id(null)) #>> '{data,reason}',
    'performance is missing from this run: failed: model a', 'without the engine it says why'
);
select * from finish();

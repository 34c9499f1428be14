-- api.risk_greeks: totals, lots, and what the nearest expiration takes away
select plan(9);
select is(api.risk_greeks()::text, null, 'nobody has no portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.data(view text default 'portfolio', later boolean default true) returns json
language sql as $$ select api.risk_greeks(null, view, later) -> 'data' $$;
select results_eq(
    $$select (pg_temp.data() #>> '{current,theta}')::numeric$$,
    $$select round(sum(theta)::numeric, 6) from marts.positions where portfolio_id = api.portfolio_id(null)$$, 'the sum of the lots'
);
select is(pg_temp.data(later => false) #>> '{after_expiry}', null, 'after the expiration only where asked for');
select is(
    (pg_temp.data() #>> '{after_expiry,expiration_date}')::date,
    (select min(expiration_date) from marts.positions where portfolio_id = api.portfolio_id(null) and not is_expired), 'the nearest expiration'
);
select is(
    round(((pg_temp.data() #>> '{after_expiry,vega}')::double precision - (pg_temp.data() #>> '{after_expiry,changes,vega}')::double precision)::numeric, 6),
    (pg_temp.data() #>> '{current,vega}')::numeric, 'after less change is now'
);
select is(pg_temp.data() #>> '{current,visual,gamma_status}', 'success', 'long gamma is well');
select is(pg_temp.data('shorts') #>> '{current,visual,gamma_status}', 'warning', 'short gamma is not');
update published.lots set expiration_date = null, underlying_symbol = null where portfolio_id = api.portfolio_id(null);
select is(
    (pg_temp.data() -> 'after_expiry')::jsonb -> 'changes',
    '{"delta": 0, "gamma": 0, "theta": 0, "vega": 0, "gamma_percent": 0}', 'without options nothing expires'
);
select * from finish();

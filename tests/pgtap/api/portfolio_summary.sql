-- api.portfolio_summary: the portfolio in a few numbers
select plan(3);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
select is(
    api.portfolio_summary(null)::jsonb #> '{data,total_pl_percent}', api.portfolio(null)::jsonb #> '{data,total_pl_percent}', 'the same figures as the portfolio'
);
select results_eq(
    $$select top ->> 'ticker', (top ->> 'value')::float8 from jsonb_array_elements(api.portfolio_summary(null)::jsonb #> '{data,top_positions}') as top$$,
    $$select p.symbol, p.market_value from marts.positions as p join marts.portfolios using (portfolio_id)
    where owner_email like 'demo_user_1@%' order by abs(p.market_value) desc limit 5$$, 'the five largest, the largest first'
);
select is(api.portfolio_summary(gen_random_uuid())::text, null, 'none that does not exist');
select * from finish();

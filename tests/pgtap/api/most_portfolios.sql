-- api.most_portfolios: one, unless the database says otherwise
select plan(2);
select is(api.most_portfolios(), 1, 'one');
do $$ begin perform set_config('sigmasight.portfolios_per_user', '5', true); end $$;
select is(api.most_portfolios(), 5, 'or as many as are allowed');
select * from finish();

-- api.correlations_missing: why there are none
select plan(6);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
select is(api.correlations_missing(api.portfolio_id(null)), null, 'nothing is missing on the market date');
select matches(api.correlations_missing(api.portfolio_id(null), 60), '90 sessions only', 'another length is not computed');
select is(api.correlations_missing('00000000-0000-4000-8000-000000000000'), 'not yet published', 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.as_of', (select (market_date - 7)::text from ops.visible_run()), true)$$, 'a week before');
select matches(api.correlations_missing(api.portfolio_id(null)), 'market date only', 'an older day has none, and says why');
select * from finish();

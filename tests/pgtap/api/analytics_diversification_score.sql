-- api.analytics_diversification_score: 1 - 1 / diversification ratio
select plan(4);
select is(api.analytics_diversification_score(null)::text, null, 'nobody has no portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
select is((api.analytics_diversification_score(null) #>> '{data,diversification_score}')::float8, 1 - 1 / diversification_ratio, 'of the mart''s ratio')
from marts.portfolio_correlations where portfolio_id = api.portfolio_id(null) and view = 'portfolio';
update published.portfolio_correlations set diversification_ratio = null, diversification_status = 'unavailable', diversification_reason = 'the holdings cancel each other'
where portfolio_id = api.portfolio_id(null);
select is(api.analytics_diversification_score(null) #>> '{data,reason}', 'the holdings cancel each other', 'unknown says why');
select * from finish();

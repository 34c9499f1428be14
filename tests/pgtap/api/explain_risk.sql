-- api.explain_names, explain_sector, explain_liquidity, explain_volume, explain_macro, explain_macro_returns: rows behind risk in depth
select plan(9);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create temporary table seen as
select api.portfolio_id(null) as id, v.market_session_no as no from ops.visible_run() as v;
select is(
    json_array_length(api.explain_names(id, 'portfolio', no) -> 'names'),
    (select name_count from marts.portfolio_concentration where portfolio_id = id and view = 'portfolio'), 'every name once'
) from seen;
select is(
    json_array_length(api.explain_sector(id, s.sector) -> 'lots'), s.position_count, 'the lots of a sector'
)
from seen cross join lateral (
    select * from marts.portfolio_sector_exposures as e where e.portfolio_id = id order by e.sector limit 1
) as s;
select is(
    json_array_length(api.explain_liquidity(id, 'portfolio') -> 'lots'),
    (select count(*)::integer from marts.position_liquidity where portfolio_id = id), 'every open lot'
) from seen;
select is(json_array_length(api.explain_volume(l.position_id, no) -> 'volumes'), l.n_obs, 'the sessions on which it traded')
from seen join (select * from marts.position_liquidity order by position_id limit 1) as l on true;
select is(
    (
        select sum((h ->> 'exposure')::float8 * (h ->> 'beta')::float8)
        from json_array_elements(api.explain_macro(id, 'portfolio', no, 'Oil') -> 'holdings') as h
    )::numeric(20, 4),
    (
        select exposure_dollars from marts.portfolio_macro_exposures
        where portfolio_id = id and view = 'portfolio' and factor_name = 'Oil'
    )::numeric(20, 4),
    'exposures times betas sum to the exposure to oil'
) from seen;
select is(
    json_array_length(api.explain_macro_returns(s.symbol_id, no, 'Oil') -> 'returns'),
    (select n_obs from marts.security_macro_betas where symbol = 'SPY' and factor_name = 'Oil'), 'a pair for each observation'
) from seen join raw.securities as s on s.symbol = 'SPY';
select is(
    json_array_length(api.explain_backtest(id, 'portfolio', no) -> 'tests'), b.n_obs, 'a test for each session that was tested'
)
from seen join marts.portfolio_var_backtest as b on b.portfolio_id = id and b.view = 'portfolio' and b.confidence = 0.95;
select is(
    api.explain_contribution(c.position_id, 'portfolio', no) #>> '{lot,0,delta_adjusted_exposure}', c.delta_adjusted_exposure::text,
    'the lot beside the holdings of the view'
)
from seen cross join lateral (
    select * from marts.position_risk_contributions as r
    where r.portfolio_id = id and r.view = 'portfolio' order by r.position_id limit 1
) as c;
select * from finish();

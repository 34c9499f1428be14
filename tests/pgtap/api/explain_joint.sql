-- api.explain_funds, explain_joint_returns, explain_joint_model, explain_risk_group: rows behind the joint factor model and contributions
select plan(10);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create temporary table seen as
select api.portfolio_id(null) as id, v.market_session_no as no from ops.visible_run() as v;
select results_eq(
    $$select count(*), min(array_length(f.x, 1)), max(array_length(f.x, 1)), bool_and(f.is_whole) from seen cross join lateral api.explain_funds(no) as f$$,
    $$values (60::bigint, 7, 7, true)$$, 'seven funds on each of sixty sessions'
);
select is(
    json_array_length(api.explain_joint_returns(s.symbol_id, no) -> 'returns'), b.n_obs, 'as many returns as observations'
)
from seen
join raw.securities as s on s.symbol = 'AAPL'
join marts.security_joint_betas as b on b.symbol = s.symbol and b.factor_name = 'Market Beta';
select is(
    (api.explain_joint_returns(s.symbol_id, no) #>> '{returns,0,y}')::float8, (api.explain_joint_returns(s.symbol_id, no) #>> '{returns,0,x,0}')::float8,
    'the market''s fund is the first of them'
) from seen join raw.securities as s on s.symbol = 'SPY';

create temporary table model as select api.explain_joint_model(id, 'portfolio', no) as m from seen;
select is(
    (select sum((n ->> 'exposure')::float8 * (n #>> '{joint_betas,0}')::float8) from model, json_array_elements(m -> 'names') as n)::numeric(20, 4),
    (
        select exposure_dollars from marts.portfolio_factor_risk join seen on portfolio_id = id
        where view = 'portfolio' and factor_name = 'Market Beta'
    )::numeric(20, 4),
    'exposures times joint betas are the exposure to the market'
);
select is(json_array_length(m -> 'funds'), 60, 'with the funds') from model;
select is(json_array_length(m #> '{names,0,daily_returns}'), 60, 'and a return or none of every session') from model;

create temporary table parts as
select r.*, api.explain_risk_group(id, 'portfolio', no, r.group_by, r.group_name, r.is_rest) -> 'lots' as lots
from seen join marts.portfolio_risk_contributions as r on r.portfolio_id = id and r.view = 'portfolio';
select is_empty(
    $$select from parts where group_by <> 'factor' and json_array_length(lots) <> position_count$$, 'the lots of a tag or a sector, and of what has none'
);
select is_empty($$select from parts where group_by = 'factor' and json_array_length(lots) > 0$$, 'a factor has no lots');
select is(
    (
        select sum((l ->> 'component_var_95_1d')::float8 / (l ->> 'tag_count')::integer)
        from parts, json_array_elements(lots) as l where group_by = 'tag'
    )::numeric(20, 4),
    (
        select var_95_1d from marts.portfolio_daily_risk join seen on portfolio_id = id and session_no = no where view = 'portfolio'
    )::numeric(20, 4),
    'divided among their tags, lots sum to value at risk'
);
select * from finish();

-- api.explain_stress, explain_stress_lots, explain_stressed_lots, explain_stressed_lot, explain_shocks, explain_factor_change: rows behind scenarios
select plan(11);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create temporary table seen as
select api.portfolio_id(null) as id, v.market_session_no as no from ops.visible_run() as v;
select is(
    json_array_length(api.explain_stress(id, 'longs', 'rate_spike_300bp') -> 'factors'),
    (select count(shock)::integer from marts.stress_scenario_shocks where scenario_id = 'rate_spike_300bp'), 'every factor that is shocked'
) from seen;
select is(
    (api.explain_stress(id, 'longs', 'rate_spike_300bp') #>> '{factors,0,coverage}')::float8, r.coverage, 'and how much of the book it covers'
)
from seen join marts.portfolio_stress_results as r
    on r.portfolio_id = id and r.view = 'longs' and r.scenario_id = 'market_down_10';
select is(
    (select count(*) from seen cross join lateral api.explain_stress_lots(id, 'portfolio', no)),
    (select count(*) from marts.positions join seen on portfolio_id = id where is_open), 'every open lot'
);
select is_empty(
    $$select from seen cross join lateral api.explain_stress_lots(id, 'longs', no) as l where l.side <> 'longs'$$, 'of a side its own'
);
create temporary table lots as
select l.* from seen, json_to_recordset(api.explain_stressed_lots(id, 'portfolio', no, 'market_down_10') -> 'lots')
    as l (position_id uuid, direct_move float8, joint_move float8, delta_adjusted_exposure float8);
select is_empty(
    $$select position_id, direct_move, joint_move from lots
    except select position_id, direct_move, joint_move from marts.position_stress_results where scenario_id = 'market_down_10'$$,
    'with the moves that are published'
);
select is(
    (
        select sum((f ->> 'beta')::float8 * (f ->> 'shock')::float8)
        from seen, json_array_elements(api.explain_stressed_lot(l.position_id, no, 'market_down_10') -> 'factors') as f
    )::numeric(12, 10), l.direct_move::numeric(12, 10), 'betas times shocks are the move'
) from (select * from lots where direct_move is not null order by position_id limit 1) as l;

select is_empty(
    $$select from marts.stress_scenario_shocks as s
    where s.shock is not null and s.source = 'stated' and not exists (
        select from json_array_elements(api.explain_shocks(s.scenario_id, s.factor_name) -> 'shocks') as e
        where e ->> 'factor_name' = s.factor_name and (e ->> 'stated_shock')::float8 = s.shock
    )$$,
    'what is stated is shown, yields in percentage points'
);
select is(
    (
        select count(*) from json_array_elements(api.explain_shocks('rate_spike_300bp', 'Oil') -> 'changes') as c
        where not c ->> 'changes' like '%null%'
    ),
    (select n_obs::bigint from marts.stress_scenarios where scenario_id = 'rate_spike_300bp'), 'the sessions on which all of them moved'
);
select is(
    ((api.explain_factor_change('Interest Rate', no) #>> '{yields,0,yield_percent}')::numeric
        - (api.explain_factor_change('Interest Rate', no) #>> '{yields,1,yield_percent}')::numeric)::float8,
    (select change from marts.factor_changes where factor_name = 'Interest Rate' and session_no = no), 'two yields make a change'
) from seen;
select is(json_array_length(api.explain_factor_change('Oil', no) -> 'closes'), 2, 'and two closes of a fund') from seen;
select * from finish();

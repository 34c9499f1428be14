-- api.explain_cash_of_year, explain_model: what the Greeks of an option are of
select plan(9);
create function pg_temp.session_of(day date) returns integer language sql as $$ select session_no from raw.sessions where session_date = day $$;
create temporary table stock as select symbol_id from raw.securities where symbol = 'SPLV';
create temporary table run as select r.through_load_id from ops.visible_run() as v join ops.runs as r using (run_id);
delete from raw.dividends where symbol_id = (select symbol_id from stock);
insert into raw.dividends (symbol_id, ex_date, cash_amount, source, load_id)
select symbol_id, day, cash, 'simulated', through_load_id
from stock cross join run cross join (values (date '2025-06-30', 9), ('2025-07-01', 1), ('2026-06-30', 2)) as paid (day, cash);
insert into raw.splits (symbol_id, execution_date, split_from, split_to, source, load_id)
select symbol_id, '2026-03-09', 1, 4, 'simulated', through_load_id from stock cross join run;
select results_eq(
    $$select ex_date, cash_amount, split_ratio from stock cross join lateral api.explain_cash_of_year(symbol_id, pg_temp.session_of('2026-06-30'))$$,
    $$values (date '2025-07-01', 1::float8, 4::float8), ('2026-06-30', 2, 1)$$, 'a year of dividends, and the splits since each of them'
);
select is_empty(
    $$select from stock cross join lateral api.explain_cash_of_year(symbol_id, pg_temp.session_of('2025-06-27'))$$, 'none that came later'
);

create temporary table option as
select p.position_id, p.underlying_symbol from marts.positions as p
where p.underlying_symbol is not null and p.is_open order by p.notional_exposure desc, p.position_id limit 1;
select is(
    json_array_length(api.explain_model(position_id, pg_temp.session_of('2026-06-30')) -> 'option'), 0, 'under mock Greeks nothing goes in'
) from option;
-- as a run with Greeks of the model leaves it
update published.portfolio_daily_views set greeks_source = 'model' where session_date = '2026-06-30';
create temporary table model as select api.explain_model(position_id, pg_temp.session_of('2026-06-30')) as m from option;
select is(json_array_length(m -> 'option'), 1, 'the terms of the option') from model;
select is((m #>> '{yields,0,yield_date}')::date < '2026-06-30', true, 'the yields of a day before') from model;
select is(
    (m #>> '{yields,0,yield_percent}')::float8,
    (
        select y.yield_percent from raw.treasury_yields as y
        where y.yield_date = (m #>> '{yields,0,yield_date}')::date and y.tenor_months = (m #>> '{yields,0,tenor_months}')::integer
            and y.superseded_by_load is null
    ), 'as they were loaded'
) from model;
select is(m #>> '{underlying,0,symbol}', underlying_symbol, 'its price') from model cross join option;
select ok(json_array_length(m -> 'returns') between 20 and 60, 'its returns') from model;
select ok(json_array_length(m -> 'trades') <= 5, 'and what the option was traded at') from model;
select * from finish();

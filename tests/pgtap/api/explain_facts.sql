-- api.known_…: facts of raw, as the run that is read knew them
select plan(18);
create temporary table stock as select symbol_id from raw.securities where symbol = 'SPLV';
create temporary table run as
select r.run_id, r.through_load_id, r.market_date from ops.visible_run() as v join ops.runs as r using (run_id);
insert into raw.splits (symbol_id, execution_date, split_from, split_to, source, load_id, superseded_by_load)
select symbol_id, day, 1, ratio, 'simulated', through_load_id + load_step, through_load_id + superseded_step
from stock cross join run cross join (values
    (date '2026-03-07', 2, 0, null::integer),
    (date '2026-03-31', 3, 0, 0),
    (date '2026-04-15', 5, 0, 1),
    (date '2026-05-20', 7, 1, null)
) as split (day, ratio, load_step, superseded_step);
select results_eq(
    $$select session_date, execution_date, split_ratio from stock cross join lateral api.known_splits(symbol_id)$$,
    $$values (date '2026-03-09', date '2026-03-07', 2::float8), ('2026-04-15', '2026-04-15', 5)$$,
    'splits count from the next session; not those taken back before the run, but those taken back after it; none that came later'
);
create function pg_temp.session_of(day date) returns integer language sql as $$ select session_no from raw.sessions where session_date = day $$;
select is(api.known_split_ratio(symbol_id, pg_temp.session_of('2026-03-06'), pg_temp.session_of('2026-06-30')), 10::float8, 'splits multiply') from stock;
select is(api.known_split_ratio(symbol_id, pg_temp.session_of('2026-03-09'), pg_temp.session_of('2026-06-30')), 5::float8, 'those of the first session are over') from stock;
select is(api.known_split_ratio(symbol_id, pg_temp.session_of('2026-03-06'), pg_temp.session_of('2026-03-09')), 2::float8, 'those of the last are not') from stock;
select is(api.known_split_ratio(symbol_id, pg_temp.session_of('2026-04-15'), pg_temp.session_of('2026-06-30')), 1::float8, '1 when there are none') from stock;

delete from raw.dividends where symbol_id = (select symbol_id from stock);
insert into raw.dividends (symbol_id, ex_date, cash_amount, source, load_id)
select symbol_id, day, cash, 'simulated', through_load_id + load_step
from stock cross join run cross join (values (date '2026-03-07', 0.25, 0), ('2026-03-09', 0.5, 0), ('2026-03-09', 9, 1)) as paid (day, cash, load_step);
select results_eq(
    $$select ex_date, cash_amount from stock cross join lateral api.known_dividends(symbol_id, pg_temp.session_of('2026-03-09'))$$,
    $$values (date '2026-03-07', 0.25::float8), ('2026-03-09', 0.5)$$, 'a Saturday''s dividend belongs to Monday'
);
select is_empty(
    $$select from stock cross join lateral api.known_dividends(symbol_id, pg_temp.session_of('2026-03-10'))$$, 'and not to Tuesday'
);

delete from raw.short_interest where symbol_id = (select symbol_id from stock);
insert into raw.short_interest (symbol_id, settlement_date, short_interest_shares, source, load_id)
select symbol_id, day, shares, 'simulated', through_load_id + load_step
from stock cross join run cross join (values (date '2026-05-29', 100, 0), ('2026-06-15', 200, 0), ('2026-06-20', 300, 1)) as reported (day, shares, load_step);
select results_eq(
    $$select short_interest_shares from api.known_short_interest('2026-06-30') where symbol = 'SPLV'$$, array[200::float8], 'the newest report that was known'
);
select results_eq(
    $$select short_interest_shares from api.known_short_interest('2026-06-12') where symbol = 'SPLV'$$, array[100::float8], 'as of the session'
);
select is_empty($$select from api.known_short_interest('2026-05-28') where symbol = 'SPLV'$$, 'none before the first');

select results_eq(
    $$select ex_date, cash_amount from stock cross join lateral api.known_cash(symbol_id, '2026-03-08', '2026-03-31')$$,
    $$values (date '2026-03-09', 0.5::float8)$$, 'dividends between two days'
);
select is(
    api.known_close(symbol_id, '2026-06-30'), (select close from marts.security_daily_prices where symbol = 'SPLV' and session_date = '2026-06-30'), 'a close'
) from stock;
select is(api.known_close(symbol_id, '2026-06-28'), null, 'none on a Sunday') from stock;
insert into raw.treasury_yields (yield_date, tenor_months, yield_percent, source, load_id)
select day, tenor, percent, 'simulated', through_load_id + load_step
from run cross join (values (date '2019-03-01', 120, 2.5, 0), ('2019-03-01', 3, 2.4, 0), ('2019-03-04', 3, 9, 1)) as y (day, tenor, percent, load_step);
select results_eq(
    $$select tenor_months, yield_percent from api.known_yields('2019-03-01')$$, $$values (3, 2.4::float8), (120, 2.5)$$, 'the yields of a day'
);
select results_eq(
    $$select yield_date, tenor_months from api.known_curve('2019-03-05')$$, $$values (date '2019-03-01', 3), ('2019-03-01', 120)$$,
    'those that are known on another: of the newest day before it that was known'
);
select is_empty($$select from api.known_curve('2019-03-12')$$, 'and not of one more than ten days ago');
set local sigmasight.known_at = '2001-01-01';
select is_empty($$select from stock cross join lateral api.known_splits(symbol_id)$$, 'before the first run nothing was known');
select is_empty($$select from api.known_short_interest('2026-06-30')$$, 'of anything');
select * from finish();

-- api.explain_position and its kin: terms, prices and days of a lot
select plan(17);
create function pg_temp.session_of(day date) returns integer language sql as $$ select session_no from raw.sessions where session_date = day $$;
create temporary table run as select r.run_id, r.through_load_id from ops.visible_run() as v join ops.runs as r using (run_id);
-- a lot of a stock and one of an option on it, of which the stock then splits 4 for 1 and 3 for 2
create temporary table chosen as
select p.position_id, p.symbol, p.underlying_symbol, coalesce(p.underlying_symbol, p.symbol) as stock, p.entered_quantity, p.strike_price
from marts.positions as p where p.position_type = 'LC' and not p.is_expired and p.entry_date < '2026-03-01' order by p.symbol limit 1;
delete from raw.splits where symbol_id = (select symbol_id from raw.securities join chosen on raw.securities.symbol = chosen.stock);
insert into raw.splits (symbol_id, execution_date, split_from, split_to, source, load_id)
select s.symbol_id, day, split_from, split_to, 'simulated', through_load_id
from raw.securities as s join chosen on s.symbol = chosen.stock cross join run
cross join (values (date '2026-03-09', 1, 4), ('2026-04-15', 2, 3)) as split (day, split_from, split_to);

select results_eq(
    $$select stretch_no, applies, ratio_so_far from chosen cross join lateral api.explain_terms(position_id, pg_temp.session_of('2026-06-30'))$$,
    $$values (1, true, 1::float8), (2, true, 4), (3, false, 4)$$, 'an option follows n-for-1 splits only'
);
select results_eq(
    $$select stretch_no from chosen cross join lateral api.explain_terms(position_id, pg_temp.session_of('2026-03-06'))$$, array[1], 'none before the first'
);
select isnt(
    (select price_symbol_id from chosen cross join lateral api.explain_terms(position_id, pg_temp.session_of('2026-06-30')) where stretch_no = 1),
    (select price_symbol_id from chosen cross join lateral api.explain_terms(position_id, pg_temp.session_of('2026-06-30')) where stretch_no = 2),
    'after a split it is another symbol that prices it'
);
select results_eq(
    $$select p.symbol, p.session_date, p.split_ratio from chosen
    cross join lateral api.explain_own_price(position_id, pg_temp.session_of('2026-06-30'), true) as p$$,
    $$select symbol, date '2026-03-06', 4::float8 from chosen$$, 'which nobody quotes here: the last close under the old one, per share of now'
);
select is(
    api.explain_position(position_id, pg_temp.session_of('2026-06-30'), 'position_terms') #>> '{splits,1,applies}', 'false', 'a split that is not followed is shown'
) from chosen;
select is(
    (api.explain_position(position_id, pg_temp.session_of('2026-06-30'), 'position_terms') #>> '{lot,0,multiplier}')::integer, 100, 'a contract is 100 shares'
) from chosen;
select results_eq(
    $$select p.close / p.split_ratio from raw.securities as s join chosen on s.symbol = chosen.stock
    cross join lateral api.explain_price(s.symbol_id, pg_temp.session_of('2026-06-30')) as p$$,
    $$select close from marts.security_daily_prices join chosen on marts.security_daily_prices.symbol = chosen.stock where session_date = '2026-06-30'$$,
    'a close of the session is the price'
);
delete from published.security_daily_prices where session_date > '2026-03-06'
    and symbol_id = (select symbol_id from raw.securities join chosen on raw.securities.symbol = chosen.stock);
select results_eq(
    $$select p.session_date, p.split_ratio from raw.securities as s join chosen on s.symbol = chosen.stock
    cross join lateral api.explain_price(s.symbol_id, pg_temp.session_of('2026-06-30')) as p$$,
    $$values (date '2026-03-06', 6::float8)$$, 'an older one is restated for the splits since'
);
select is_empty(
    $$select from raw.securities as s join chosen on s.symbol = chosen.stock
    cross join lateral api.explain_price(s.symbol_id, pg_temp.session_of('2026-06-30'), pg_temp.session_of('2026-03-09'))$$,
    'or left out where it is too old'
);
select is(
    json_array_length(api.explain_position(position_id, pg_temp.session_of('2026-06-30'), 'position_days') -> 'days'), 2, 'a session and the one before'
) from chosen;
select is(
    (api.explain_position(position_id, pg_temp.session_of('2026-06-30'), 'position_exposure') #>> '{mock_greeks,0,mock_delta}')::float8, 0.6::float8, 'the mock Greeks of its type'
) from chosen;

create temporary table expired as
select p.position_id, n.session_no, p.mark
from marts.positions as p
cross join lateral (select s.session_no from raw.sessions as s where s.session_date > p.expiration_date order by 1 limit 1) as n
where p.is_expired and p.price_source = 'intrinsic' order by p.expiration_date desc, p.position_id limit 1;
select is(
    (d ->> 'mark')::float8, mark, 'an expired lot has a day on which it settled'
) from expired, json_array_elements(api.explain_position(position_id, session_no, 'position_days') -> 'days') as d where (d ->> 'is_settlement')::boolean;
select is(
    json_array_length(api.explain_position(position_id, session_no, 'position_mark') -> 'underlying'), 1, 'on a close of its underlying'
) from expired;
select is(
    json_array_length(api.explain_position(position_id, session_no, 'position_exposure') -> 'days'), 0, 'and no exposure any more'
) from expired;
insert into published.lot_exits (position_id, exit_id, portfolio_id, exit_no, exit_date, session_no, session_date, quantity, exit_price, entered_quantity, held_quantity, proceeds, cost_basis, realized_pnl, run_id)
select p.position_id, gen_random_uuid(), p.portfolio_id, 1, '2026-06-15', pg_temp.session_of('2026-06-15'), '2026-06-15', 1, 9, 1, p.entered_quantity - 1, 900, 500, 400, v.run_id
from marts.positions as p join chosen using (position_id) cross join ops.visible_run() as v;
select results_eq(
    $$select e.proceeds, e.is_session from chosen cross join lateral api.explain_exits(position_id, pg_temp.session_of('2026-06-15')) as e$$,
    $$values (900::float8, true)$$, 'how it was closed'
);
select is(
    json_array_length(api.explain_position(position_id, pg_temp.session_of('2026-06-12'), 'position_terms') -> 'closings'), 0, 'which had not happened before'
) from chosen;
insert into app.position_exits (exit_id, position_id, exit_date, quantity, exit_price)
select e.exit_id, e.position_id, e.exit_date, 1, 9 from published.lot_exits as e join chosen using (position_id);
select results_eq(
    $$select c ->> 'asked_quantity', c ->> 'split_ratio' from chosen, json_array_elements(api.explain_closing(position_id, 1) -> 'closings') as c$$,
    $$select '1', ratio_so_far::text from chosen cross join lateral api.explain_terms(position_id, pg_temp.session_of('2026-06-15'))
    order by stretch_no desc limit 1$$, 'what was asked for, in which shares'
);
select * from finish();

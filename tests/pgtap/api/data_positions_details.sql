-- api.data_positions_details: a portfolio's lots, or those asked for
select plan(7);
select is(api.data_positions_details()::text, null, 'nobody has no portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_hedgefundstyle'), true)$$, 'as demo_hedgefundstyle');
create function pg_temp.lots(ids uuid[] default null, closed boolean default false) returns json
language sql as $$ select api.data_positions_details(null, ids, closed) $$;
create function pg_temp.expire() returns uuid
language sql as $$
    update published.lots set expiration_session_no = 1, settlement_price = 1, settlement_source = 'intrinsic', realized_pnl = 7
    where position_id = (select min(position_id::text)::uuid from published.lots where portfolio_id = api.portfolio_id(null) and underlying_symbol is not null)
    returning position_id
$$;
create temporary table closed as select pg_temp.expire() as id, json_array_length(pg_temp.lots() -> 'positions') as before;
select ok(json_array_length(pg_temp.lots() -> 'positions') <= (select before from closed), 'what has expired is not shown');
select ok(
    json_array_length(pg_temp.lots(closed => true) -> 'positions') > json_array_length(pg_temp.lots() -> 'positions'), 'unless it is asked for'
);
select is(pg_temp.lots(array[id]) #>> '{summary,total_realized_pnl}', '7', 'or by its id') from closed;
select is(pg_temp.lots(array[id, id]) #>> '{summary,total_positions}', '1', 'twice is once') from closed;
select is(pg_temp.lots(array[id, '00000000-0000-4000-8000-000000000000'])::text, null, 'nothing where one is unknown') from closed;
select * from finish();

-- api.data_positions_details(): what `GET data/positions/details` answers: the lots of a portfolio, or those asked for
--   Closed lots are those of which nothing is held any more, by closing or expiration: shown when asked for, or by id. Null (404) where any id is unknown.
--   unrealized_pnl_percent is a fraction of |cost_basis|. The sums are over the lots shown, at most 2000;
--   null where one of them is not known (sessions that are not kept).
create or replace function api.data_positions_details(
    p_portfolio_id uuid default null, p_position_ids uuid[] default null, p_include_closed boolean default false
)
returns json
language plpgsql stable
as $$
declare
    found_id uuid;
    book_ids uuid[];
    max_positions constant integer := 2000;
    seen record;
    lots record;
begin
    if p_portfolio_id is not null or p_position_ids is null then
        found_id := api.portfolio_id(p_portfolio_id);
        if found_id is null then
            return null;
        end if;
        book_ids := array[found_id];
    else
        book_ids := api.portfolios_of(p_position_ids);
    end if;
    select v.run_id, v.market_date into seen from ops.visible_run() as v;
    with found as materialized (
        select p.*, row_number() over (order by p.symbol, p.entry_date, p.position_id) as place
        from marts.positions as p
        where p.portfolio_id = any(book_ids)
            and (p_position_ids is null or p.position_id = any(p_position_ids))
            and (p_position_ids is not null or p_include_closed or p.is_open)
    )

    select
        (select count(*) from found) as total,
        count(*) as shown,
        case when count(*) = count(p.cost_basis) then coalesce(sum(p.cost_basis), 0) end as cost_basis,
        case when count(*) = count(p.market_value) then coalesce(sum(p.market_value), 0) end as market_value,
        case when count(*) = count(p.unrealized_pnl) then coalesce(sum(p.unrealized_pnl), 0) end as unrealized_pnl,
        case when count(*) = count(p.realized_pnl) then coalesce(sum(p.realized_pnl), 0) end as realized_pnl,
        coalesce(
            json_agg(
                json_build_object(
                    'id', p.position_id, 'portfolio_id', p.portfolio_id, 'symbol', p.symbol,
                    'position_type', p.position_type, 'quantity', p.quantity, 'entry_date', p.entry_date,
                    'entry_price', p.entry_price, 'cost_basis', p.cost_basis, 'current_price', p.mark,
                    'price_source', p.price_source, 'market_value', p.market_value, 'unrealized_pnl', p.unrealized_pnl,
                    'unrealized_pnl_percent', p.unrealized_pnl / nullif(abs(p.cost_basis), 0),
                    'realized_pnl', p.realized_pnl, 'is_closed', not p.is_open,
                    'exit_date', p.exit_date, 'exit_price', p.exit_price, 'exited_quantity', p.exited_quantity,
                    'underlying_symbol', p.underlying_symbol, 'strike_price', p.strike_price,
                    'expiration_date', p.expiration_date, 'tags', p.tags, 'status', p.status, 'reason', p.reason
                )
                order by p.place
            ),
            json_build_array()
        ) as rows
    into lots from found as p
    where p.place <= max_positions;
    if lots.total < (select count(distinct i.id) from unnest(p_position_ids) as i (id)) then
        return null;
    end if;
    return json_build_object(
        'positions', lots.rows,
        'summary', json_build_object(
            'total_positions', lots.shown, 'total_cost_basis', lots.cost_basis,
            'total_market_value', lots.market_value, 'total_unrealized_pnl', lots.unrealized_pnl,
            'total_realized_pnl', lots.realized_pnl
        ),
        'limits', json_build_object('max_positions', max_positions),
        'truncated', lots.total > lots.shown,
        'as_of', seen.market_date,
        'run_id', seen.run_id,
        'data_quality', api.data_quality(found_id)
    );
end
$$;

-- api.position_exits(): what `GET positions/{id}/exits` answers: how a lot was closed, in whole and in part, oldest first
--   what each closing took and earned is that of the last run; null where no run has taken it in. Null (404) where there is no such lot.
create or replace function api.position_exits(p_position_id uuid) returns json
language plpgsql stable
as $$
declare
    lot app.positions;
begin
    select positions.* into lot from app.positions as positions
    where positions.position_id = p_position_id and positions.removed_at is null;
    if not found then
        return null;
    end if;
    return api.answer((
        select json_build_object(
            'position_id', lot.position_id,
            'portfolio_id', lot.portfolio_id,
            'symbol', lot.symbol,
            'position_type', lot.position_type,
            'entry_date', lot.entry_date,
            'entered_quantity', lot.quantity::float8,
            'entered_price', lot.entry_price::float8,
            'job_id', api.unfinished_job(lot.portfolio_id),
            'exits', coalesce(json_agg(
                json_build_object(
                    'id', exits.exit_id,
                    'exit_date', exits.exit_date,
                    'quantity', exits.quantity::float8,
                    'exit_price', exits.exit_price::float8,
                    'created_at', exits.created_at,
                    'session_date', taken.session_date,
                    'closed_quantity', taken.quantity,
                    'proceeds', taken.proceeds,
                    'cost_basis', taken.cost_basis,
                    'realized_pnl', taken.realized_pnl
                ) order by exits.exit_date, exits.exit_price
            ) filter (where exits.exit_id is not null), '[]')
        )
        from (select) as one
        left join app.position_exits as exits on exits.position_id = p_position_id
        left join marts.position_exits as taken
            on taken.position_id = p_position_id and exits.exit_id = taken.exit_id
    ), lot.portfolio_id);
end
$$;

-- api.close_position(): closes a lot of the caller in whole or in part, has the portfolio computed again, and answers as
--   `GET positions/{id}/exits`
--   p_quantity  shares or contracts as of p_exit_date; null: all that is still held
-- Null (404) where the position is not theirs; 409 and 422 as app.close_position says.
-- Writes closings, which the API's role may not; hence security definer.
create or replace function api.close_position(
    p_position_id uuid, p_exit_date date, p_exit_price numeric, p_quantity numeric, p_today date
) returns json
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
    if not api.are_own(array[p_position_id], '{}') then
        return null;
    end if;
    perform app.close_position(p_position_id, p_exit_date, p_exit_price, p_quantity, p_today);
    perform ops.queue_recompute(p.portfolio_id, app.current_user_id()) from app.positions p where p.position_id = p_position_id;
    return api.position_exits(p_position_id);
end
$$;

-- api.undo_exit(): takes the closing of a lot of the caller back; null where there is no such thing
create or replace function api.undo_exit(p_position_id uuid, p_exit_id uuid) returns boolean
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
    if not api.are_own(array[p_position_id], '{}') then
        return null;
    end if;
    delete from app.position_exits as exits where exits.position_id = p_position_id and exits.exit_id = p_exit_id;
    if not found then
        return null;
    end if;
    perform ops.queue_recompute(p.portfolio_id, app.current_user_id()) from app.positions p where p.position_id = p_position_id;
    return true;
end
$$;

-- app.close_position(): books the closing of a lot, in whole or in part; the id of the closing
--   p_quantity  shares or contracts as of p_exit_date; null: all that is still held
--   p_today     nothing is closed later
-- Raises SS404 (no such lot), SS409 (there is a closing of that day and price), SS422 (before the entry, after the expiration, in the
-- future, more than is held on that day).
-- Called by functions of the API that are security definer, and by the command line; the API itself may not.
create or replace function app.close_position(
    p_position_id uuid, p_exit_date date, p_exit_price numeric, p_quantity numeric, p_today date
) returns uuid
language plpgsql
set search_path = pg_catalog
as $$
declare
    lot app.positions;
    short record;
    new_id uuid;
begin
    -- closings of one lot take turns, so that two of them do not take the same shares
    select * into lot from app.positions p where p.position_id = p_position_id and p.removed_at is null for no key update;
    if not found then
        raise exception 'There is no such position.' using errcode = 'SS404';
    end if;
    if p_exit_date > p_today then
        raise exception 'exit_date: % is in the future; today is %.', p_exit_date, p_today using errcode = 'SS422';
    end if;
    if p_exit_date < lot.entry_date then
        raise exception 'exit_date: % is before the lot was entered on %.', p_exit_date, lot.entry_date using errcode = 'SS422';
    end if;
    if p_exit_date > lot.expiration_date then
        raise exception 'exit_date: the option expired on %.', lot.expiration_date using errcode = 'SS422';
    end if;
    if p_exit_price is null or p_exit_price < 0 or p_exit_price >= 1e12 then
        raise exception 'exit_price: dollars a share, 0 or above.' using errcode = 'SS422';
    end if;
    if p_quantity <= 0 or p_quantity >= 1e16 then
        raise exception 'quantity: shares or contracts, above 0 for a short position too.' using errcode = 'SS422';
    end if;
    insert into app.position_exits (position_id, exit_date, quantity, exit_price)
    values (p_position_id, p_exit_date, p_quantity, p_exit_price)
    on conflict (position_id, exit_date, exit_price) do nothing
    returning exit_id into new_id;
    if new_id is null then
        raise exception 'There is a closing of % at % already. Undo it and book the sum of both.', p_exit_date, p_exit_price
            using errcode = 'SS409';
    end if;
    select t.* into short from app.exit_terms(p_position_id) as t
    where t.held < coalesce(t.asked, 0) - 0.0000001 or t.held < 0.0000001
    order by t.exit_no limit 1;
    if found then
        if short.exit_id = new_id then
            raise exception 'quantity: only % are held on %.', trim_scale(round(short.held, 8)), short.exit_date using errcode = 'SS422';
        end if;
        raise exception 'quantity: the closing of % would find only %. Undo that one first.',
            short.exit_date, trim_scale(round(short.held, 8)) using errcode = 'SS422';
    end if;
    return new_id;
end
$$;

-- app.exit_terms(): the closings of a lot in the order in which they take effect: what each asks, and what it finds, in the
--   shares of its day, with the splits that are known
create or replace function app.exit_terms(p_position_id uuid)
returns table (exit_no bigint, exit_id uuid, exit_date date, exit_price numeric, asked numeric, held numeric)
language plpgsql stable
set search_path = pg_catalog
as $$
begin
    return query
    with lot as (
        select p.*, coalesce(p.underlying_symbol_id, p.symbol_id) as risk_symbol_id
        from app.positions p where p.position_id = p_position_id
    ),
    exits as (
        select
            row_number() over (order by e.exit_date, e.exit_price) as exit_no,
            e.exit_id, e.exit_date, e.exit_price, e.quantity, abs(lot.quantity) as entered,
            coalesce((
                select finance.product(s.split_to::float8 / s.split_from::float8)
                from raw.splits s
                where s.symbol_id = lot.risk_symbol_id and s.superseded_by_load is null
                    and s.execution_date > lot.entry_date and s.execution_date <= e.exit_date
                    and (
                        lot.underlying_symbol is null
                        or (s.split_from = 1 and s.split_to = round(s.split_to) and s.split_to > 1)
                    )
            ), 1)::numeric as ratio
        from app.position_exits e join lot using (position_id)
    )
    select
        x.exit_no, x.exit_id, x.exit_date, x.exit_price, x.quantity,
        greatest(
            x.entered - coalesce(sum(coalesce(x.quantity / x.ratio, x.entered)) over earlier, 0), 0
        ) * x.ratio
    from exits x
    window earlier as (order by x.exit_no rows between unbounded preceding and 1 preceding)
    order by x.exit_no;
end
$$;

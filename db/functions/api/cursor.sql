-- api.cursor(): where a page ended, as a word that fits into an address: base64url of
--   [sort, order, sort key as a number, as a text, id]; the key is what the rows are ordered by, ascending
create or replace function api.cursor(
    p_sort text, p_order text, p_number double precision, p_text text, p_id uuid
) returns text
language plpgsql stable parallel safe
as $$
begin
    return rtrim(translate(encode(convert_to(
        json_build_array(p_sort, p_order, p_number, p_text, p_id)::text, 'UTF8'
    ), 'base64'), E'+/\n', '-_'), '=');
end
$$;

-- api.cursor_place(): what a cursor says, one row, of nulls for none; SS422 where it is no cursor, or of another sort
create or replace function api.cursor_place(p_cursor text, p_sort text, p_order text)
returns table (number double precision, letters text, id uuid)
language plpgsql stable parallel safe rows 1
as $$
declare
    place json;
begin
    if p_cursor is null then
        return query select null::double precision, null::text, null::uuid;
        return;
    end if;
    place := convert_from(
        decode(rpad(translate(p_cursor, '-_', '+/'), 4 * ((length(p_cursor) + 3) / 4), '='), 'base64'), 'UTF8'
    );
    if json_array_length(place) = 5 and place ->> 0 = p_sort and place ->> 1 = p_order and place ->> 4 is not null then
        return query select (place ->> 2)::double precision, place ->> 3, (place ->> 4)::uuid;
        return;
    end if;
    raise exception using errcode = 'SS422', message = 'after: this page belongs to another sort; begin anew without it.';
exception when data_exception then
    raise exception using
        errcode = 'SS422', message = 'after: not a place in the list; take data.page.next of the page before.';
end
$$;

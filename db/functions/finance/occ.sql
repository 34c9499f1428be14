-- finance.parse_occ(symbol): one row for an option symbol in OCC form (blanks and `O:` allowed), none for anything else.
-- finance.format_occ(...): the symbol again, without prefix and blanks; the strike in thousandths of a dollar.
create or replace function finance.parse_occ(symbol text)
returns table (
    underlying_symbol text, expiration_date date, option_type text, strike_price numeric
)
language plpgsql immutable parallel safe
set search_path = pg_catalog
as $$
declare
    part text[] := regexp_match(
        upper(regexp_replace(symbol, '\s', '', 'g')), '^(?:O:)?([A-Z]{1,6})(\d{2})(\d{2})(\d{2})([CP])(\d{8})$'
    );
begin
    if part is null then
        return;
    end if;
    begin
        expiration_date := make_date(2000 + part[2]::integer, part[3]::integer, part[4]::integer);
    exception when datetime_field_overflow then
        return;
    end;
    underlying_symbol := part[1];
    option_type := case part[5] when 'C' then 'call' else 'put' end;
    strike_price := part[6]::numeric / 1000;
    if strike_price > 0 then
        return next;
    end if;
end
$$;

create or replace function finance.format_occ(
    underlying_symbol text, expiration_date date, option_type text, strike_price numeric
) returns text
language sql immutable parallel safe
return concat(
    upper(replace(underlying_symbol, '-', '')),
    to_char(expiration_date, 'YYMMDD'),
    case option_type when 'call' then 'C' else 'P' end,
    lpad((round(strike_price * 1000))::bigint::text, 8, '0')
);

-- finance.format_occ(...): as db/functions/finance/occ.sql
create or replace function finance.format_occ(
    underlying_symbol string, expiration_date date, option_type string, strike_price decimal(24, 12)
) returns string
return concat(
    upper(replace(underlying_symbol, '-', '')),
    date_format(expiration_date, 'yyMMdd'),
    case option_type when 'call' then 'C' else 'P' end,
    lpad(cast(cast(round(strike_price * 1000) as bigint) as string), 8, '0')
)

-- one row per cash dividend: its newest version, in dollars a share as of the ex-date
select
    symbol_id,
    ex_date,
    load_id,
    cast(cash_amount as {{ double() }}) as cash_amount
from {{ source('market', 'dividends') }}
where superseded_by_load is null

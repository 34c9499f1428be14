-- one row per closing of a lot, in whole or in part, as given
select
    exit_id,
    position_id,
    exit_date,
    quantity,
    exit_price
from {{ source('accounts', 'position_exits') }}

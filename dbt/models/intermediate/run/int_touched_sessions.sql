-- one row: from which session on the factors themselves are computed again; null when nothing of theirs changed
with factors as (

    select securities.symbol_id
    from {{ ref('factors') }} as factors
    inner join {{ ref('stg_market__securities') }} as securities on factors.etf_symbol = securities.symbol

),

touched as (

    select min(touched_symbols.first_effect_session_no) as first_session_no
    from {{ ref('int_touched_symbols') }} as touched_symbols
    inner join factors on touched_symbols.symbol_id = factors.symbol_id

)

select greatest(touched.first_session_no, run.floor_session_no) as first_session_no
from touched
cross join {{ ref('int_run') }} as run
where touched.first_session_no is not null

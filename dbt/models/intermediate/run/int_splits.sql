-- one row per symbol and session on which a split took effect, splits of one session multiplied
with splits as (

    select * from {{ ref('stg_market__splits') }}

),

run as (

    select * from {{ ref('int_run') }}

),

dated as (

    select
        splits.symbol_id,
        splits.split_ratio,
        splits.split_from,
        splits.split_to,
        splits.load_id,
        {{ first_session_from('splits.execution_date') }} as session_no
    from splits

),

multiplied as (

    select
        dated.symbol_id,
        dated.session_no,
        max(dated.load_id) as load_id,
        finance.product(dated.split_ratio) as split_ratio,
        -- n for 1 is the one adjustment of an option that needs no guess
        bool_and(dated.split_from = 1 and dated.split_to = round(dated.split_to) and dated.split_to > 1) as is_n_for_1
    from dated
    cross join run
    where dated.session_no <= run.last_session_no
    group by dated.symbol_id, dated.session_no

)

select * from multiplied

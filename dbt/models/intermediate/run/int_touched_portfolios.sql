-- one row per portfolio with something new: from which session on its rows are replaced, and from which on computed
with run as (

    select * from {{ ref('int_run') }}

),

portfolios as (

    select * from {{ ref('stg_accounts__portfolios') }}

),

positions as (

    select * from {{ ref('stg_accounts__positions') }}

),

sessions as (

    select * from {{ ref('stg_calendar__sessions') }}

),

touched_symbols as (

    select * from {{ ref('int_touched_symbols') }}

),

published as (

    select
        portfolio_id,
        change_no
    from ops.published_portfolio_changes()

),

changed_books as (

    select
        portfolios.portfolio_id,
        0 as session_no
    from portfolios
    cross join run
    left join published on portfolios.portfolio_id = published.portfolio_id
    where
        (portfolios.change_no is distinct from published.change_no or run.is_full)
        and (run.only_portfolio_id is null or run.only_portfolio_id = portfolios.portfolio_id or run.is_full)

),

new_sessions as (

    select
        portfolios.portfolio_id,
        run.after_session_no + 1 as session_no
    from portfolios
    cross join run
    where run.last_session_no > run.after_session_no

),

-- what a book depends on; a row each, so that they are found by hashing and not by comparing each lot with each symbol
held_symbols as (

    select
        portfolio_id,
        symbol_id,
        false as is_underlying
    from positions
    union all
    select
        portfolio_id,
        underlying_symbol_id,
        true
    from positions
    where underlying_symbol_id is not null

),

new_prices as (

    select
        held_symbols.portfolio_id,
        min(
            case
                -- a dividend stands in the Greeks of a model
                when run.greeks_source = 'model' and held_symbols.is_underlying then touched_symbols.first_session_no
                else touched_symbols.first_effect_session_no
            end
        ) as session_no
    from held_symbols
    cross join run
    inner join touched_symbols on held_symbols.symbol_id = touched_symbols.symbol_id
    group by held_symbols.portfolio_id

),

-- after a split an option is priced under a symbol that nobody entered: the same contract but for the strike
new_option_prices as (

    select
        positions.portfolio_id,
        min(touched_symbols.first_effect_session_no) as session_no
    from touched_symbols
    inner join {{ ref('stg_market__securities') }} as securities on touched_symbols.symbol_id = securities.symbol_id
    cross join lateral finance.parse_occ(securities.symbol) as contract
    inner join positions
        on
            securities.underlying_symbol = positions.underlying_symbol
            and contract.expiration_date = positions.expiration_date
            and contract.option_type = positions.option_type
            and securities.symbol <> positions.symbol
    where securities.kind = 'option'
    group by positions.portfolio_id

),

-- the Greeks of a model stand on the yields of the day before
new_yields as (

    select min(sessions.session_no) as session_no
    from sessions
    where sessions.session_date > (
        select min(yields.yield_date)
        from {{ ref('stg_market__treasury_yields') }} as yields
        cross join run
        where yields.load_id > run.after_load_id and run.greeks_source = 'model'
    )

),

-- z-scores are taken over the universe, so one report moves them all, and so does one volume
new_volumes as (

    select min(touched_symbols.first_effect_session_no) as session_no
    from touched_symbols
    where touched_symbols.symbol_id in (
        select short_interest.symbol_id from {{ ref('stg_market__short_interest') }} as short_interest
    )

),

new_short_interest as (

    select min(sessions.session_no) as session_no
    from sessions
    where sessions.session_date >= (
        select min(short_interest.settlement_date)
        from {{ ref('stg_market__short_interest') }} as short_interest
        cross join run
        where short_interest.load_id > run.after_load_id
    )

),

touches as (

    select * from changed_books
    union all
    select * from new_sessions
    union all
    select * from new_prices
    union all
    select * from new_option_prices
    union all
    select distinct
        positions.portfolio_id,
        new_yields.session_no
    from positions
    cross join new_yields
    where positions.underlying_symbol_id is not null and new_yields.session_no is not null
    union all
    select
        portfolios.portfolio_id,
        new_short_interest.session_no
    from portfolios
    cross join new_short_interest
    where new_short_interest.session_no is not null
    union all
    select
        portfolios.portfolio_id,
        new_volumes.session_no
    from portfolios
    cross join new_volumes
    where new_volumes.session_no is not null

),

earliest as (

    select
        touches.portfolio_id,
        portfolios.change_no,
        min(touches.session_no) as session_no
    from touches
    inner join {{ ref('stg_accounts__portfolios') }} as portfolios on touches.portfolio_id = portfolios.portfolio_id
    where touches.session_no is not null
    group by touches.portfolio_id, portfolios.change_no

),

first_entries as (

    select
        positions.portfolio_id,
        {{ first_session_from('min(positions.entry_date)') }} as session_no
    from positions
    group by positions.portfolio_id

),

bounded as (

    select
        earliest.portfolio_id,
        -- before any model reads a lot: what is changed from here on is taken in by the next run, whatever this one saw of it
        earliest.change_no,
        earliest.session_no as supersede_session_no,
        -- a book that nothing has entered yet is shown empty over the whole horizon
        case
            when first_entries.session_no <= run.last_session_no then first_entries.session_no
            else run.floor_session_no
        end as first_entry_session_no,
        greatest(
            earliest.session_no,
            run.floor_session_no,
            case when first_entries.session_no <= run.last_session_no then first_entries.session_no end
        ) as first_session_no
    from earliest
    cross join run
    left join first_entries on earliest.portfolio_id = first_entries.portfolio_id

)

select * from bounded

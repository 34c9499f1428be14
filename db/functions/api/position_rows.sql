-- api.position_rows(): one row per lot that `GET positions` is asked for: what it is sorted, summed and grouped by, and its JSON
--   p_type     position types; p_symbol symbols, options on them included; p_tags names in any case, p_tag_mode any | all
--   p_after    where the page before ended (api.cursor); place_no counts from there on, 1 is the next lot
--   p_limit    how many lots from there on get tag names and a document; null: all
-- p_include_expired: lots that are no longer held as well, expired or closed. pnl_percent is of what the whole lot cost.
-- Tags are those of now; with known_at those that were published then.
drop function if exists api.position_rows(uuid, text[], text[], text[], text, boolean, text, text, text, integer);
create or replace function api.position_rows(
    p_portfolio_id uuid, p_type text[], p_symbol text[], p_tags text[], p_tag_mode text, p_include_expired boolean,
    p_sort text, p_order text, p_after text, p_limit integer
) returns table (
    position_id uuid, position_type text, risk_symbol text, sector text, tag_names text[],
    market_value double precision, notional_exposure double precision, delta_adjusted_exposure double precision,
    unrealized_pnl double precision, daily_pnl double precision,
    delta double precision, gamma double precision, theta double precision, vega double precision,
    number double precision, letters text, row_no bigint, place_no bigint, document json
)
language plpgsql stable rows 100
as $$
#variable_conflict use_column
declare
    owner_id uuid;
    is_historic boolean := coalesce(current_setting('sigmasight.known_at', true), '') <> '';
    direction integer := case p_order when 'desc' then -1 else 1 end;
    wanted_symbols text[] := '{}';
    -- null: whatever their tags
    wanted_ids uuid[];
    shown record;
    before_number double precision;
    before_letters text;
    before_id uuid;
begin
    -- most ask for none of these
    if p_symbol is not null then
        wanted_symbols := array(select upper(wanted.name) from unnest(p_symbol) as wanted (name));
    end if;
    if p_after is not null then
        select place.number, place.letters, place.id into before_number, before_letters, before_id
        from api.cursor_place(p_after, p_sort, p_order) as place;
    end if;
    if is_historic then
        select portfolios.user_id into owner_id
        from app.portfolios as portfolios where portfolios.portfolio_id = p_portfolio_id;
    end if;
    if p_tags <> '{}' then
        wanted_ids := api.tagged_positions(p_portfolio_id, p_tags, p_tag_mode);
    end if;
    select v.run_id, v.market_session_no as session_no, v.market_date as session_date into shown from ops.visible_run() as v;
    return query
        -- wide, so it is written down once; what sorts is a number or letters, and what is unknown stands last either way
        with book as materialized (
            select
                lots.position_id, lots.symbol, lots.name, lots.position_type, lots.quantity, lots.entry_price, lots.entry_date,
                lots.mark, lots.price_source, lots.is_stale, lots.market_value, lots.notional_exposure,
                lots.delta_adjusted_exposure, lots.weight, lots.cost_basis, lots.pnl, lots.pnl_percent, lots.daily_pnl,
                lots.unrealized_pnl, lots.realized_pnl, lots.underlying_symbol, lots.strike_price, lots.expiration_date,
                lots.is_expired, lots.is_closed, lots.exit_date, lots.exit_price, lots.exited_quantity,
                lots.delta, lots.gamma, lots.theta, lots.vega, lots.greeks_source, lots.sector, lots.industry, lots.tags,
                lots.status, lots.reason,
                coalesce(lots.underlying_symbol, lots.symbol) as risk_symbol,
                direction * case p_sort
                    when 'type' then array_position(array['LONG', 'SHORT', 'LC', 'LP', 'SC', 'SP'], lots.position_type)
                    when 'quantity' then lots.quantity
                    when 'price' then lots.mark
                    when 'market_value' then lots.market_value
                    when 'notional_exposure' then lots.notional_exposure
                    when 'delta_adjusted_exposure' then lots.delta_adjusted_exposure
                    when 'weight' then lots.weight
                    when 'cost_basis' then lots.cost_basis
                    when 'pnl' then lots.pnl
                    when 'pnl_percent' then lots.pnl_percent
                    when 'daily_pnl' then lots.daily_pnl
                    when 'unrealized_pnl' then lots.unrealized_pnl
                    when 'entry_date' then lots.entry_date - date '2000-01-01'
                    when 'expiration_date' then lots.expiration_date - date '2000-01-01'
                end as number,
                case p_sort when 'symbol' then lots.symbol when 'sector' then lots.sector end collate "C" as letters
            from (
                select
                    positions.*,
                    positions.unrealized_pnl + positions.realized_pnl as pnl,
                    (positions.unrealized_pnl + positions.realized_pnl) / abs(
                        positions.entered_quantity
                        * case when positions.underlying_symbol is null then 1 else 100 end * positions.entered_price
                    ) as pnl_percent
                from marts.positions as positions
                where positions.portfolio_id = p_portfolio_id
                    and (p_include_expired or positions.is_open)
                    and (p_type is null or positions.position_type = any(p_type))
                    and (
                        wanted_symbols = '{}'
                        or positions.symbol = any(wanted_symbols)
                        or positions.underlying_symbol = any(wanted_symbols)
                    )
                    and (wanted_ids is null or positions.position_id = any(wanted_ids))
            ) as lots
        ),

        placed as (
            select
                book.position_id, book.risk_symbol, book.tags, book.number, book.letters,
                before_id is null
                or case
                    when book.number is null and book.letters is null
                        then before_number is not null or before_letters is not null or book.position_id > before_id
                    when before_number is null and before_letters is null then false
                    when book.number <> before_number then book.number > before_number
                    when book.letters <> before_letters then (book.letters > before_letters) = (direction = 1)
                    else book.position_id > before_id
                end as is_after
            from book
        ),

        numbered as materialized (
            select places.*, p_limit is null or places.place_no between 1 and p_limit as is_shown
            from (
                select
                    placed.position_id, placed.risk_symbol, placed.tags,
                    row_number() over in_order as row_no,
                    count(*) filter (where placed.is_after) over in_order as place_no
                from placed
                window in_order as (
                    order by
                        placed.number is null and placed.letters is null,
                        placed.number,
                        case when direction = 1 then placed.letters end,
                        case when direction = -1 then placed.letters end desc,
                        placed.position_id
                    rows unbounded preceding
                )
            ) as places
        ),

        -- what belongs to several lots is read once for all of them
        labels as (
            select
                label.position_id,
                json_agg(api.tag_json(label.tag_id, label.name, label.color) order by lower(label.name)) as shown,
                array_agg(label.name order by lower(label.name)) as names
            from (
                select position_tags.position_id, tags.tag_id, tags.name, tags.color
                from app.position_tags as position_tags
                inner join app.tags as tags on position_tags.tag_id = tags.tag_id
                where not is_historic
                    and position_tags.position_id = any(array(select lot.position_id from numbered as lot where lot.is_shown))
                union all
                select lot.position_id, historic.tag_id, historic.name, historic.color
                from numbered as lot
                cross join lateral api.position_labels(lot.position_id, lot.tags, owner_id, true) as historic
                where is_historic and lot.is_shown
            ) as label
            group by label.position_id
        ),

        -- security by security from the half of the panel that it is in: marts.security_daily_betas would look into both
        betas as (
            select securities.symbol, panel.beta_1 as beta_60d
            from raw.securities as securities
            cross join lateral (
                select even.beta_1, even.run_id, even.superseded_by_run
                from published.security_panel_even as even
                where securities.symbol_id % 2 = 0 and even.symbol_id = securities.symbol_id
                    and even.session_no = shown.session_no and even.has_bar
                union all
                select odd.beta_1, odd.run_id, odd.superseded_by_run
                from published.security_panel_odd as odd
                where securities.symbol_id % 2 = 1 and odd.symbol_id = securities.symbol_id
                    and odd.session_no = shown.session_no and odd.has_bar
            ) as panel
            where panel.run_id <= shown.run_id and (panel.superseded_by_run is null or panel.superseded_by_run > shown.run_id)
                and securities.symbol = any(array(select lot.risk_symbol from numbered as lot where lot.is_shown))
        ),

        -- of the market date only
        contributions as (
            select contribution.position_id, contribution.component_var_95_1d
            from marts.position_risk_contributions as contribution
            where contribution.portfolio_id = p_portfolio_id and contribution.view = 'portfolio'
                and contribution.position_id = any(array(select lot.position_id from numbered as lot where lot.is_shown))
        )

        select
            lot.position_id, lot.position_type, lot.risk_symbol, lot.sector, labels.names,
            lot.market_value, lot.notional_exposure, lot.delta_adjusted_exposure, lot.unrealized_pnl, lot.daily_pnl,
            lot.delta, lot.gamma, lot.theta, lot.vega, lot.number, lot.letters, place.row_no, place.place_no,
            case when place.is_shown then row_to_json(document) end
        -- full, because that is never done by trying all with all, whatever a planner thinks how many there are; all have their lot
        from book as lot
        full join numbered as place on lot.position_id = place.position_id
        full join labels on lot.position_id = labels.position_id
        full join contributions on lot.position_id = contributions.position_id
        full join betas on lot.risk_symbol = betas.symbol
        cross join lateral (select lot.delta, lot.gamma, lot.theta, lot.vega) as greeks
        cross join lateral (
            select betas.beta_60d as beta, contributions.component_var_95_1d as risk_contribution
        ) as risk_metrics
        -- as a row in the list of tables, and not as a query for each lot, which would cost as much again
        cross join lateral (
            select
                lot.position_id as id,
                lot.symbol as ticker,
                lot.symbol,
                lot.name,
                lot.position_type as type,
                lot.position_type,
                lot.quantity,
                lot.entry_price,
                lot.entry_date,
                lot.mark as price,
                case lot.price_source
                    when 'close' then shown.session_date
                    when 'entry' then lot.entry_date
                    when 'exit' then lot.exit_date
                    else api.price_date(lot.symbol, lot.price_source, lot.expiration_date, shown.session_no)
                end as price_date,
                lot.price_source,
                lot.is_stale,
                lot.market_value as value,
                lot.market_value,
                lot.notional_exposure,
                lot.delta_adjusted_exposure,
                lot.weight,
                lot.cost_basis,
                lot.pnl,
                lot.pnl_percent,
                lot.daily_pnl,
                lot.unrealized_pnl,
                lot.realized_pnl,
                coalesce(labels.shown, '[]') as tags,
                lot.underlying_symbol,
                lot.strike_price,
                lot.expiration_date,
                lot.expiration_date - shown.session_date as days_to_expiry,
                lot.is_expired,
                lot.is_closed,
                lot.exit_date,
                lot.exit_price,
                lot.exited_quantity,
                greeks,
                lot.greeks_source,
                risk_metrics,
                lot.sector,
                lot.industry,
                lot.status,
                lot.reason
        ) as document;
end
$$;

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
    wanted_tags text[] := '{}';
    shown record;
    before_number double precision;
    before_letters text;
    before_id uuid;
begin
    -- most ask for none of these
    if p_symbol is not null then
        wanted_symbols := array(select upper(wanted.name) from unnest(p_symbol) as wanted (name));
    end if;
    if p_tags is not null then
        wanted_tags := array(select lower(wanted.name) from unnest(p_tags) as wanted (name));
    end if;
    if p_after is not null then
        select place.number, place.letters, place.id into before_number, before_letters, before_id
        from api.cursor_place(p_after, p_sort, p_order) as place;
    end if;
    if is_historic then
        select portfolios.user_id into owner_id
        from app.portfolios as portfolios where portfolios.portfolio_id = p_portfolio_id;
    end if;
    select v.market_session_no as session_no, v.market_date as session_date into shown from ops.visible_run() as v;
    return query
        with book as (
            select
                positions.*,
                coalesce(positions.underlying_symbol, positions.symbol) as risk_symbol,
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
                and (wanted_tags = '{}' or (
                    select case p_tag_mode
                        when 'all' then array_agg(lower(label.name)) @> wanted_tags
                        else array_agg(lower(label.name)) && wanted_tags
                    end
                    from api.position_labels(positions.position_id, positions.tags, owner_id, is_historic) as label
                ))
        ),

        -- what sorts: a number or letters; what is unknown stands last either way
        keyed as (
            select
                book.*,
                direction * case p_sort
                    when 'type' then array_position(array['LONG', 'SHORT', 'LC', 'LP', 'SC', 'SP'], book.position_type)
                    when 'quantity' then book.quantity
                    when 'price' then book.mark
                    when 'market_value' then book.market_value
                    when 'notional_exposure' then book.notional_exposure
                    when 'delta_adjusted_exposure' then book.delta_adjusted_exposure
                    when 'weight' then book.weight
                    when 'cost_basis' then book.cost_basis
                    when 'pnl' then book.pnl
                    when 'pnl_percent' then book.pnl_percent
                    when 'daily_pnl' then book.daily_pnl
                    when 'unrealized_pnl' then book.unrealized_pnl
                    when 'entry_date' then book.entry_date - date '2000-01-01'
                    when 'expiration_date' then book.expiration_date - date '2000-01-01'
                end as number,
                case p_sort when 'symbol' then book.symbol when 'sector' then book.sector end collate "C" as letters
            from book
        ),

        placed as (
            select
                keyed.*,
                before_id is null
                or case
                    when keyed.number is null and keyed.letters is null
                        then before_number is not null or before_letters is not null or keyed.position_id > before_id
                    when before_number is null and before_letters is null then false
                    when keyed.number <> before_number then keyed.number > before_number
                    when keyed.letters <> before_letters then (keyed.letters > before_letters) = (direction = 1)
                    else keyed.position_id > before_id
                end as is_after
            from keyed
        ),

        numbered as (
            select
                placed.*,
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
        ),

        shown_lots as materialized (
            select numbered.*, p_limit is null or numbered.place_no between 1 and p_limit as is_shown
            from numbered
        ),

        -- what belongs to several lots is read once for all of them
        labels as materialized (
            select
                label.position_id,
                json_agg(api.tag_json(label.tag_id, label.name, label.color) order by lower(label.name)) as shown,
                array_agg(label.name order by lower(label.name)) as names
            from (
                select position_tags.position_id, tags.tag_id, tags.name, tags.color
                from app.position_tags as position_tags
                inner join app.tags as tags on position_tags.tag_id = tags.tag_id
                where not is_historic
                    and position_tags.position_id = any(array(select lot.position_id from shown_lots as lot where lot.is_shown))
                union all
                select lot.position_id, historic.tag_id, historic.name, historic.color
                from shown_lots as lot
                cross join lateral api.position_labels(lot.position_id, lot.tags, owner_id, true) as historic
                where is_historic and lot.is_shown
            ) as label
            group by label.position_id
        ),

        -- as one object, in which a lot finds its own whatever a planner thinks how many there are
        betas as materialized (
            select jsonb_object_agg(security_betas.symbol, security_betas.beta_60d) as by_symbol
            from marts.security_daily_betas as security_betas
            where security_betas.session_no = shown.session_no and security_betas.factor_name = 'Market Beta'
                and security_betas.symbol = any(array(select lot.risk_symbol from shown_lots as lot where lot.is_shown))
        ),

        -- of the market date only
        contributions as materialized (
            select jsonb_object_agg(contribution.position_id, contribution.component_var_95_1d) as by_lot
            from marts.position_risk_contributions as contribution
            where contribution.portfolio_id = p_portfolio_id and contribution.view = 'portfolio'
                and contribution.position_id = any(array(select lot.position_id from shown_lots as lot where lot.is_shown))
        )

        select
            lot.position_id, lot.position_type, lot.risk_symbol, lot.sector, labels.names,
            lot.market_value, lot.notional_exposure, lot.delta_adjusted_exposure, lot.unrealized_pnl, lot.daily_pnl,
            lot.delta, lot.gamma, lot.theta, lot.vega, lot.number, lot.letters, lot.row_no, lot.place_no,
            case when lot.is_shown then (
                select row_to_json(document)
                from (
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
                        (
                            select greeks from (select lot.delta, lot.gamma, lot.theta, lot.vega) as greeks
                        ) as greeks,
                        lot.greeks_source,
                        (
                            select risk_metrics
                            from (
                                select
                                    cast(betas.by_symbol ->> lot.risk_symbol as double precision) as beta,
                                    cast(contributions.by_lot ->> lot.position_id::text as double precision)
                                        as risk_contribution
                            ) as risk_metrics
                        ) as risk_metrics,
                        lot.sector,
                        lot.industry,
                        lot.status,
                        lot.reason
                ) as document
            ) end
        from shown_lots as lot
        left join labels on lot.position_id = labels.position_id
        cross join betas
        cross join contributions;
end
$$;

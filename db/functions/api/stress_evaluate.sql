-- api.stress_evaluate(): what any shocks do to a view of a portfolio, from what is published; one row
--   p_shocks {factor: its move as a fraction, of Interest Rate 0.0025 being 25 basis points}
--   The same figures as the published scenarios: exposures times shocks, the shocks together by finance.joint_shock_weights, options revalued where
--   Greeks are of the model, and losses of long positions stopped at what these are worth. `impacts` has one element a factor, one for
--   revalued options and one for the cap.
create or replace function api.stress_evaluate(p_portfolio_id uuid, p_view text, p_shocks jsonb)
returns table (
    direct_pnl double precision, joint_pnl double precision, direct_cap double precision, joint_cap double precision,
    coverage double precision, status text, reason text, impacts json
)
language plpgsql stable
as $$
declare
    seen record;
    factor_nos integer[];
    factor_names text[];
    shocks double precision[];
    weights double precision[];
    effective double precision[];
    dollars double precision[];
    k integer;
    direct_revaluation double precision;
    joint_revaluation double precision;
    unknown text;
    incomplete text;
begin
    select * into seen from ops.visible_run();
    select array_agg(f.factor_no order by f.factor_no), array_agg(f.factor_name order by f.factor_no),
        array_agg((s.value #>> '{}')::float8 * f.scale order by f.factor_no)
    into factor_nos, factor_names, shocks
    from jsonb_each(p_shocks) as s
    join (
        select x.factor_no, x.factor_name, 1 as scale from reference.factors as x where x.etf_symbol is not null
        union all
        select m.factor_no, m.factor_name, case m.unit when 'percentage_points' then 100 else 1 end from reference.macro_factors as m
    ) as f on f.factor_name = s.key;
    k := cardinality(factor_nos);

    -- the sessions on which all of them moved
    select finance.joint_shock_weights(shocks, array_agg(c.change order by c.session_no, f.place)) into weights
    from (
        select m.session_no from marts.factor_changes as m
        where m.factor_name = any(factor_names) and m.session_no > seen.market_session_no - 60
        group by m.session_no having count(*) = k
    ) as complete
    join marts.factor_changes as c on c.session_no = complete.session_no and c.factor_name = any(factor_names)
    join unnest(factor_names) with ordinality as f (factor_name, place) on f.factor_name = c.factor_name;
    effective := (
        select array_agg(e.shock order by e.t) from (
            select t, sum(weights[(s - 1) * k + t] order by s) as shock
            from generate_series(1, k) as s cross join generate_series(1, k) as t group by t
        ) as e where weights is not null
    );

    select array_agg(e.exposure_dollars order by f.place), min(e.coverage),
        (array_agg(concat(f.factor_name, ': ', e.reason) order by f.place) filter (where e.exposure_dollars is null or e.portfolio_id is null))[1],
        (array_agg(concat(f.factor_name, ': ', e.reason) order by f.place) filter (where e.status <> 'ok'))[1]
    into dollars, coverage, unknown, incomplete
    from unnest(factor_names) with ordinality as f (factor_name, place)
    left join (
        select x.portfolio_id, x.factor_name, x.exposure_dollars, x.coverage, x.status, x.reason
        from marts.portfolio_factor_exposures as x
        where x.portfolio_id = p_portfolio_id and x.view = p_view and x.session_no = seen.market_session_no
        union all
        select m.portfolio_id, m.factor_name, m.exposure_dollars, m.coverage, m.status, m.reason
        from marts.portfolio_macro_exposures as m
        where m.portfolio_id = p_portfolio_id and m.view = p_view
    ) as e on e.factor_name = f.factor_name;
    if unknown is not null then
        status := 'unavailable';
        reason := unknown;
        impacts := json_build_array();
        return next;
        return;
    end if;

    select
        coalesce(sum(c.direct_gain - c.direct_linear order by c.symbol, c.position_id), 0),
        coalesce(sum(c.joint_gain - c.joint_linear order by c.symbol, c.position_id), 0),
        coalesce(sum(greatest(0 - c.market_value - c.direct_gain, 0) order by c.symbol, c.position_id) filter (where c.side = 'longs'), 0),
        coalesce(sum(greatest(0 - c.market_value - c.joint_gain, 0) order by c.symbol, c.position_id) filter (where c.side = 'longs'), 0)
    into direct_revaluation, joint_revaluation, direct_cap, joint_cap
    from (
        select p.symbol, p.position_id, p.side, p.market_value,
            p.delta_adjusted_exposure * m.direct_move as direct_linear, p.delta_adjusted_exposure * m.joint_move as joint_linear,
            coalesce(finance.option_revaluation(
                p.option_type, p.underlying_price, p.strike_price, p.years, p.rate, p.dividend_yield, p.implied_volatility,
                100 * p.quantity, m.direct_move
            ), p.delta_adjusted_exposure * m.direct_move) as direct_gain,
            coalesce(finance.option_revaluation(
                p.option_type, p.underlying_price, p.strike_price, p.years, p.rate, p.dividend_yield, p.implied_volatility,
                100 * p.quantity, m.joint_move
            ), p.delta_adjusted_exposure * m.joint_move) as joint_gain
        from (
            select l.symbol, l.side, l.underlying_symbol, l.option_type, d.*,
                (l.expiration_date - d.session_date) / 365::float8 as years
            from published.position_daily_values as d
            join published.lots as l on l.position_id = d.position_id
                and l.run_id <= seen.run_id and (l.superseded_by_run is null or l.superseded_by_run > seen.run_id)
            where d.portfolio_id = p_portfolio_id and d.session_no = seen.market_session_no
                and d.run_id <= seen.run_id and (d.superseded_by_run is null or d.superseded_by_run > seen.run_id)
                and p_view in (l.side, 'portfolio')
        ) as p
        cross join lateral (
            select sum(b.beta * shocks[b.place] order by b.place) as direct_move, sum(b.beta * effective[b.place] order by b.place) as joint_move
            from api.stress_betas(coalesce(p.underlying_symbol, p.symbol), factor_nos) as b
        ) as m
        where p.delta_adjusted_exposure is not null and m.direct_move is not null
            and (p.side = 'longs' or p.implied_volatility is not null)
    ) as c;
    if weights is null then
        joint_cap := null;
        joint_revaluation := null;
    end if;

    select
        sum(f.direct_impact order by f.place) + direct_revaluation + direct_cap,
        sum(f.joint_impact order by f.place) + joint_revaluation + joint_cap,
        json_agg(json_build_object('factor_name', f.factor_name, 'shock', f.shock, 'direct_impact', f.direct_impact,
            'joint_impact', f.joint_impact) order by f.place)
    into direct_pnl, joint_pnl, impacts
    from (
        select s as place, factor_names[s] as factor_name, (p_shocks ->> factor_names[s])::float8 as shock,
            dollars[s] * shocks[s] as direct_impact,
            case when weights is not null then (
                select sum(dollars[t] * weights[(s - 1) * k + t] order by t) from generate_series(1, k) as t
            ) end as joint_impact
        from generate_series(1, k) as s
    ) as f;
    impacts := (impacts::jsonb || jsonb_build_array(jsonb_build_object(
        'factor_name', 'Options revalued', 'shock', null, 'direct_impact', direct_revaluation, 'joint_impact', joint_revaluation
    ), jsonb_build_object(
        'factor_name', 'Cap at -100 %', 'shock', null, 'direct_impact', direct_cap, 'joint_impact', joint_cap
    )))::json;
    status := case when weights is null or incomplete is not null then 'partial' else 'ok' end;
    reason := coalesce(
        case when weights is null
            then 'what the shocked factors share cannot be told: too few sessions, or one follows from the others' end,
        incomplete
    );
    return next;
end
$$;

-- api.stress_betas(): the betas of a symbol at the market date to some factors, in the order asked for; those that are known
create or replace function api.stress_betas(p_symbol text, p_factor_nos integer[])
returns table (place bigint, beta double precision)
language sql stable
as $$
    select f.place, b.beta
    from unnest(p_factor_nos) with ordinality as f (factor_no, place)
    join raw.securities as s on s.symbol = p_symbol
    cross join ops.visible_run() as v
    cross join lateral (
        select p.betas[f.factor_no] as beta
        from api.explain_panel(s.symbol_id, v.market_session_no, v.market_session_no) as p
        where f.factor_no <= 7
        union all
        select m.beta_60d
        from published.security_macro_betas as m
        where m.symbol_id = s.symbol_id and m.factor_no = f.factor_no and m.session_no = v.market_session_no
            and m.run_id <= v.run_id and (m.superseded_by_run is null or m.superseded_by_run > v.run_id)
    ) as b
    where b.beta is not null
$$;

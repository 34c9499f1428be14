-- What the joint factor model and contributions to risk are computed from, as of the market date.

-- api.explain_funds(): one row per session of the last 60: its return of each factor fund, in the order of the factors, null where it has none
create or replace function api.explain_funds(p_session_no integer)
returns table (session_no integer, session_date date, x double precision[], is_whole boolean)
language plpgsql stable
as $$
begin
    return query
    select s.session_no, s.session_date, array_agg(p.daily_return order by f.factor_no), count(p.daily_return) = count(*)
    from raw.sessions as s
    cross join reference.factors as f
    left join (select * from api.explain_factor_panel(p_session_no)) as p
        on p.session_no = s.session_no and p.factor_no = f.factor_no
    where s.session_no between p_session_no - 59 and p_session_no and f.etf_symbol is not null
    group by s.session_no, s.session_date
    order by s.session_no;
end
$$;

-- api.explain_joint_returns(): {"returns": one row per session on which a security (y) and all factor funds (x) have a return}
create or replace function api.explain_joint_returns(p_symbol_id integer, p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return json_build_object('returns', (
        select coalesce(json_agg(json_build_object('session_date', f.session_date, 'x', f.x, 'y', y.daily_return) order by f.session_no), '[]')
        from api.explain_funds(p_session_no) as f
        join api.explain_panel(p_symbol_id, p_session_no - 59, p_session_no) as y on y.session_no = f.session_no
        where f.is_whole and y.daily_return is not null
    ));
end
$$;

-- api.explain_joint_model(): {"names": one row per security at risk, both sides together, with its joint betas (null: it has none) and, of each
--   session of the 60, its return or null}, {"funds": one row per session of the 60: the returns of the factor funds}
create or replace function api.explain_joint_model(p_portfolio_id uuid, p_view text, p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'names', (
            select coalesce(json_agg(json_build_object(
                'symbol', e.symbol, 'exposure', e.exposure, 'gross_exposure', e.gross_exposure,
                'joint_betas', b.joint_betas, 'specific_variance', b.specific_variance, 'n_obs', b.n_obs,
                'takes_part', panel.return_count >= 57, 'daily_returns', panel.daily_returns
            ) order by e.symbol_id), '[]')
            from (
                select
                    x.symbol_id, x.symbol, sum(x.exposure order by x.side) as exposure,
                    sum(x.gross_exposure order by x.side) as gross_exposure
                from api.explain_exposures(p_portfolio_id, p_view, p_session_no) as x
                group by x.symbol_id, x.symbol
            ) as e
            left join (
                select
                    j.symbol_id, j.specific_variance, j.n_obs,
                    array[j.beta_1, j.beta_2, j.beta_3, j.beta_4, j.beta_5, j.beta_6, j.beta_7] as joint_betas
                from ops.visible_run() as v
                join published.security_joint_betas as j
                    on j.run_id <= v.run_id and (j.superseded_by_run is null or j.superseded_by_run > v.run_id)
                where j.session_no = p_session_no
            ) as b on b.symbol_id = e.symbol_id
            cross join lateral (
                select count(p.daily_return) as return_count, json_agg(p.daily_return order by s.session_no) as daily_returns
                from raw.sessions as s
                left join api.explain_panel(e.symbol_id, p_session_no - 59, p_session_no) as p on p.session_no = s.session_no
                where s.session_no between p_session_no - 59 and p_session_no
            ) as panel
        ),
        'funds', (
            select json_agg(json_build_object('session_date', f.session_date, 'x', f.x) order by f.session_no)
            from api.explain_funds(p_session_no) as f
        )
    );
end
$$;

-- api.explain_risk_group(): {"lots": one row per lot of a tag or a sector, with what it adds to the risk of the view; none of factors},
--   and what api.explain_joint_model gives of the view
--   p_is_rest: what has no tag, or no sector
create or replace function api.explain_risk_group(
    p_portfolio_id uuid, p_view text, p_session_no integer, p_group_by text, p_group_name text, p_is_rest boolean
) returns json
language plpgsql stable
as $$
begin
    return (
        json_build_object('lots', (
            select coalesce(json_agg(json_build_object(
                'position_id', r.position_id, 'symbol', l.symbol, 'delta_adjusted_exposure', r.delta_adjusted_exposure,
                'component_var_95_1d', r.component_var_95_1d,
                'tag_count', case p_group_by when 'tag' then greatest(cardinality(l.tags), 1) else 1 end
            ) order by r.position_id), '[]')
            from ops.visible_run() as v
            join published.lots as l
                on l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
            join marts.position_risk_contributions as r on r.position_id = l.position_id and r.view = p_view
            where l.portfolio_id = p_portfolio_id and case p_group_by
                when 'sector' then case when p_is_rest then l.sector is null else l.sector = p_group_name end
                when 'tag' then case when p_is_rest then cardinality(l.tags) = 0 else p_group_name = any(l.tags) end
                else false
            end
        ))::jsonb
        || api.explain_joint_model(p_portfolio_id, p_view, p_session_no)::jsonb
    )::json;
end
$$;

-- What the figures of limits are, and what their events are made of.

-- api.explain_limit(): which figure a rule is on: that of the catalogue whose formula, window and rows it has (null: no such rule), and how it is
--   computed, where that differs. {"rule": one row} comes with its rows.
create or replace function api.explain_limit(p_rule_id uuid, p_session_date date)
returns table (explained_by text, formula text, sector text, rule json)
language plpgsql stable
as $$
begin
    return query
    select
        f.explained_by, f.formula, case c.sector when 'Unassigned' then 'unassigned' else c.sector end,
        json_build_array(json_build_object(
            'rule_id', c.rule_id, 'metric', c.metric, 'sector', c.sector, 'bound', c.bound, 'threshold', c.threshold
        ))
    from marts.limit_checks as c
    join (
        values
        ('gross_exposure', 'delta_gross_exposure_pct_nav', null),
        ('net_exposure', 'delta_net_exposure_pct_nav', null),
        ('beta', 'beta', null),
        ('var_95_1d', 'var_95_1d_pct', null),
        ('drawdown', 'max_drawdown_90d', 'the absolute value of %s'),
        -- the names and NAV, as of leverage
        ('concentration', 'gross_leverage', 'largest |exposure| of a name / NAV'),
        ('sector_exposure', 'gross_share', null)
    ) as f (metric, explained_by, formula) on f.metric = c.metric
    where c.rule_id = p_rule_id and c.session_date = p_session_date;
end
$$;

-- api.explain_limit_event(): {"rule": one row}, {"checks": one row per session since the limit was crossed, until it was cleared}
create or replace function api.explain_limit_event(p_event_id uuid) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object(
            'rule', json_build_array(json_build_object(
                'rule_id', e.rule_id, 'metric', e.metric, 'sector', e.sector, 'bound', e.bound, 'threshold', e.threshold
            )),
            'checks', (
                select json_agg(json_build_object(
                    'session_date', c.session_date, 'figure', c.figure, 'is_breached', c.is_breached
                ) order by c.session_no)
                from marts.limit_checks as c
                where c.rule_id = e.rule_id and c.session_no >= e.session_no
                    and (e.cleared_date is null or c.session_date < e.cleared_date)
            )
        )
        from marts.limit_events as e where e.event_id = p_event_id
    );
end
$$;

-- api.analytics_portfolio_risk_contributions(): what `GET analytics/portfolio/{id}/risk-contributions` answers: who adds what to value at risk
--   p_by   position | tag | sector | factor
-- A lot with several tags stands in each of them with all it adds; divided_var counts it once, so that those sum to the total.
create or replace function api.analytics_portfolio_risk_contributions(
    p_portfolio_id uuid, p_by text default 'position', p_view text default 'portfolio'
) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
begin
    if found_id is null then
        return null;
    end if;
    return (
        select api.risk_in_depth_answer(found_id, shown.parts, json_build_object(
            'view', p_view,
            'by', p_by,
            'confidence', 0.95,
            'total_var', shown.total,
            'contributions', shown.parts
        ))
        from (
            select
                coalesce(jsonb_agg(
                    jsonb_build_object(
                        'position_id', part.position_id, 'name', part.name, 'is_rest', part.is_rest,
                        'position_count', part.position_count, 'exposure', part.delta_adjusted_exposure,
                        'component_var', part.component_var_95_1d, 'divided_var', part.divided_var_95_1d,
                        'marginal_var', part.marginal_var_95_1d, 'standalone_var', part.standalone_var_95_1d,
                        'share_of_var', part.share_of_var, 'status', part.status, 'reason', part.reason
                    ) order by part.component_var_95_1d desc nulls last, part.is_rest, part.name, part.position_id
                ), '[]') as parts,
                sum(part.divided_var_95_1d) as total
            from (
                select
                    c.position_id, p.symbol as name, false as is_rest, 1 as position_count, c.delta_adjusted_exposure,
                    c.component_var_95_1d, c.component_var_95_1d as divided_var_95_1d, c.marginal_var_95_1d,
                    c.standalone_var_95_1d, c.share_of_var, c.status, c.reason
                from marts.position_risk_contributions as c
                inner join marts.positions as p on c.portfolio_id = p.portfolio_id and c.position_id = p.position_id
                where p_by = 'position' and c.portfolio_id = found_id and c.view = p_view
                union all
                select
                    null, g.group_name, g.is_rest, g.position_count, g.delta_adjusted_exposure,
                    g.component_var_95_1d, g.divided_var_95_1d, g.marginal_var_95_1d,
                    null, g.share_of_var, g.status, g.reason
                from marts.portfolio_risk_contributions as g
                where g.group_by = p_by and g.portfolio_id = found_id and g.view = p_view
            ) as part
        ) as shown
    );
end
$$;

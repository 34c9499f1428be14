-- api.data_quality_report(): what `GET data/quality` answers: the findings of marts.data_quality that concern the reader
--   an administrator's are all of them; everybody else's are those about what they hold, what their options stand on and the
--   ETFs of the factors. With a portfolio: about what that one holds. Critical ones first; at most 1,000, `total` counts all.
create or replace function api.data_quality_report(
    p_portfolio_id uuid default null, p_kind text default null, p_severity text default null
)
returns json
language plpgsql stable
as $$
declare
    is_of_all boolean := p_portfolio_id is null and api.caller_is_admin();
    wanted uuid[];
begin
    if p_portfolio_id is not null and api.portfolio_id(p_portfolio_id) is null then
        return null;
    end if;
    wanted := case
        when p_portfolio_id is null then array(select p.portfolio_id from app.portfolios as p)
        else array[p_portfolio_id]
    end;
    return api.answer(
        (
            with held as materialized (
                select p.symbol from marts.positions as p where p.portfolio_id = any(wanted) and p.is_open
                union
                select p.underlying_symbol from marts.positions as p
                where p.portfolio_id = any(wanted) and p.is_open
                union
                select f.etf_symbol from reference.factors as f
            ),

            findings as materialized (
                select q.*
                from marts.data_quality as q
                where (
                    is_of_all
                    or q.portfolio_id = any(wanted)
                    or (q.portfolio_id is null and q.symbol in (select h.symbol from held as h))
                )
                and (p_kind is null or q.kind = p_kind)
                and (p_severity is null or q.severity = p_severity)
            ),

            shown as (
                select f.* from findings as f
                order by f.severity, f.kind, f.symbol, f.session_date, f.portfolio_id
                limit 1000
            )

            select json_build_object(
                'status', case
                    when exists (select from findings as f where f.severity = 'critical') then 'critical'
                    when exists (select from findings as f) then 'warning'
                    else 'ok'
                end,
                'total', (select count(*) from findings as f),
                'critical', (select count(*) from findings as f where f.severity = 'critical'),
                'warning', (select count(*) from findings as f where f.severity = 'warning'),
                'by_kind', (
                    select coalesce(json_object_agg(k.kind, k.n order by k.kind), '{}')
                    from (select f.kind, count(*) as n from findings as f group by f.kind) as k
                ),
                'findings', coalesce(
                    (
                        select
                            json_agg(
                                json_build_object(
                                    'id', s.finding_id, 'kind', s.kind, 'severity', s.severity, 'symbol', s.symbol,
                                    'portfolio_id', s.portfolio_id, 'session_date', s.session_date, 'detail', s.detail
                                )
                                order by s.severity, s.kind, s.symbol, s.session_date, s.portfolio_id
                            )
                        from shown as s
                    ),
                    json_build_array()
                )
            )
        ),
        p_portfolio_id
    );
end
$$;

-- api.risk_factor_covariances(): what `GET risk/factors/covariances` answers: how the factors' daily returns move together,
--   every pair both ways, over 60 sessions
create or replace function api.risk_factor_covariances() returns json
language plpgsql stable
as $$
declare
    seen record;
begin
    select v.market_session_no, v.market_date into seen from ops.visible_run() as v;
    return api.answer(
        json_build_object(
            'as_of', seen.market_date,
            'window', 60,
            'ewma_decay', 0.94,
            'factors', (
                select json_agg(f.factor_name order by f.factor_no)
                from reference.factors as f where f.etf_symbol is not null
            ),
            'pairs', (
                select
                    coalesce(
                        json_agg(
                            json_build_object(
                                'factor_a', c.factor_a, 'factor_b', c.factor_b, 'covariance', c.covariance,
                                'correlation', c.correlation, 'ewma_covariance', c.ewma_covariance, 'n_obs', c.n_obs,
                                'status', c.status, 'reason', c.reason
                            )
                            order by a.factor_no, b.factor_no
                        ),
                        json_build_array()
                    )
                from marts.factor_covariances as c
                inner join reference.factors as a on c.factor_a = a.factor_name
                inner join reference.factors as b on c.factor_b = b.factor_name
                where c.session_no = seen.market_session_no
            )
        ),
        null
    );
end
$$;

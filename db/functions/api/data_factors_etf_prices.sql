-- api.data_factors_etf_prices(): what `GET data/factors/etf-prices` answers: daily closes of the ETFs of the factors,
--   in the shares of the market date, and the price returns that betas are regressed on; the newest sessions, at most 252
create or replace function api.data_factors_etf_prices(p_lookback_days integer default 150) returns json
language plpgsql stable
as $$
declare
    max_days constant integer := 252;
    days integer := least(p_lookback_days, max_days);
    seen record;
    factors record;
begin
    select v.run_id, v.market_session_no, v.market_date into seen from ops.visible_run() as v;
    with columns as (
        select
            f.factor_no,
            f.factor_name,
            count(b.symbol) as shown,
            json_build_object(
                'etf_symbol', f.etf_symbol,
                'dates', coalesce(json_agg(b.session_date order by b.session_no) filter (where b.session_no > 0), '[]'),
                'prices', coalesce(
                    json_agg(b.split_adjusted_close order by b.session_no) filter (where b.session_no > 0), '[]'
                ),
                'returns', coalesce(
                    json_agg(b.daily_return order by b.session_no) filter (where b.session_no > 0), '[]'
                )
            ) as figures
        from reference.factors as f
        left join (
            select x.* from marts.security_daily_prices as x
            where x.symbol = any(array(select e.etf_symbol from reference.factors as e where e.etf_symbol is not null))
                and x.session_no > seen.market_session_no - days
        ) as b on f.etf_symbol = b.symbol
        where f.etf_symbol is not null
        group by f.factor_no, f.factor_name, f.etf_symbol
    )

    select json_object_agg(c.factor_name, c.figures order by c.factor_no) as figures, sum(c.shown) as shown
    into factors from columns as c;
    return json_build_object(
        'factor_model', json_build_object(
            'version', '1.0', 'regression_window', 60, 'minimum_data_points', 20,
            'requested', json_build_object('lookback_days', p_lookback_days),
            'applied', json_build_object('lookback_days', days),
            'limits', json_build_object('max_days', max_days),
            'rows_returned', factors.shown,
            'truncated', days < p_lookback_days
        ),
        'factors', factors.figures,
        'as_of', seen.market_date,
        'run_id', seen.run_id,
        'data_quality', api.data_quality()
    );
end
$$;

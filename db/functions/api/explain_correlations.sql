-- api.explain_correlations(): {"holdings": the symbols of a view with their exposures, volatilities and clusters},
--   {"pairs": the correlations of those that take part}, both at the market date
create or replace function api.explain_correlations(p_portfolio_id uuid, p_view text) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'holdings', (
            select coalesce(json_agg(
                json_build_object(
                    'symbol', h.symbol, 'exposure', h.exposure, 'volatility', h.volatility_90d_annualized, 'n_obs', h.n_obs,
                    'takes_part', coalesce(h.volatility_90d_annualized > 0, false), 'cluster_no', h.cluster_no
                ) order by h.symbol collate "C"
            ), json_build_array())
            from marts.correlation_holdings as h where h.portfolio_id = p_portfolio_id and h.view = p_view
        ),
        'pairs', (
            select coalesce(json_agg(
                json_build_object('symbol_a', c.symbol_a, 'symbol_b', c.symbol_b, 'correlation', c.correlation, 'n_obs', c.n_obs)
                order by c.symbol_a collate "C", c.symbol_b collate "C"
            ), json_build_array())
            from marts.correlation_pairs as c
            inner join marts.correlation_holdings as a
                on a.portfolio_id = c.portfolio_id and a.symbol = c.symbol_a and a.view = p_view and a.status <> 'unavailable'
            inner join marts.correlation_holdings as b
                on b.portfolio_id = c.portfolio_id and b.symbol = c.symbol_b and b.view = p_view and b.status <> 'unavailable'
            where c.portfolio_id = p_portfolio_id
        )
    );
end
$$;

-- api.explain_common_returns(): {"returns": one row per session of the last 90 on which two securities both have a return: a and b}
create or replace function api.explain_common_returns(
    p_symbol_a text, p_symbol_b text, p_session_no integer
) returns json
language plpgsql stable
as $$
begin
    return json_build_object('returns', (
        select coalesce(json_agg(json_build_object(
            'session_date', a.session_date, 'a', a.daily_return, 'b', b.daily_return
        ) order by a.session_no), json_build_array())
        from raw.securities as of_a
        cross join raw.securities as of_b
        cross join lateral api.explain_panel(of_a.symbol_id, p_session_no - 89, p_session_no) as a
        join lateral api.explain_panel(of_b.symbol_id, p_session_no - 89, p_session_no) as b on b.session_no = a.session_no
        where of_a.symbol = p_symbol_a and of_b.symbol = p_symbol_b
            and a.daily_return is not null and b.daily_return is not null
    ));
end
$$;

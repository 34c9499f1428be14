-- api.risk_factor_definitions(): what `GET risk/factors/definitions` answers: the eight factors in display order
create or replace function api.risk_factor_definitions() returns json
language plpgsql stable
as $$
begin
    return api.answer(
        (
            select
                json_agg(
                    json_build_object(
                        'factor_name', f.factor_name,
                        'etf_ticker', f.etf_symbol,
                        'description', case f.factor_name
                            when 'Market Beta' then 'Moves with the whole market.'
                            when 'Momentum' then 'Moves with stocks that rose most over the past year.'
                            when 'Value' then 'Moves with stocks that are cheap for their earnings and assets.'
                            when 'Growth' then 'Moves with stocks whose earnings and sales grow fast.'
                            when 'Quality' then 'Moves with profitable companies with little debt and steady earnings.'
                            when 'Size' then 'Moves with small companies.'
                            when 'Low Volatility' then 'Moves with stocks that swing least.'
                            else 'How crowded the short side of the holdings is: z-score of days to cover.'
                        end,
                        'calculation_method', f.calculation_method,
                        'window', case when f.etf_symbol is not null then 60 end,
                        'minimum_observations', case when f.etf_symbol is not null then 20 end,
                        'display_order', f.factor_no
                    )
                    order by f.factor_no
                )
            from reference.factors as f
        ),
        null
    );
end
$$;

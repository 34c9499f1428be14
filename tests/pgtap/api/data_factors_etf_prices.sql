-- api.data_factors_etf_prices: an array a column
select plan(4);
select results_eq(
    $$select key, value ->> 'etf_symbol' from json_each(api.data_factors_etf_prices(1) -> 'factors')$$,
    $$select factor_name, etf_symbol from reference.factors where etf_symbol is not null order by factor_no$$, 'the factors that have an ETF'
);
select is((api.data_factors_etf_prices(3) #> '{factors,Size,dates}')::jsonb, '["2026-06-26", "2026-06-29", "2026-06-30"]', 'the newest sessions');
select is(api.data_factors_etf_prices(300) #>> '{factor_model,applied,lookback_days}', '252', 'more than the limit is the limit');
set local sigmasight.as_of = '1990-01-02';
select is((api.data_factors_etf_prices(3) #> '{factors,Size}')::jsonb, '{"etf_symbol": "IWM", "dates": [], "prices": [], "returns": []}', 'empty before all prices');
select * from finish();

-- one row per touched portfolio and symbol at risk on the last session: its history, in the order in which pairs are read
--   empty where the server has `cube`: there pairs go without it (macros/later_symbols.sql)
--   what every pair takes stands before what may be null or is long: the server finds it quicker
{{ config(indexes=[{'columns': ['portfolio_id', 'symbol_id'], 'unique': true}], statistics=[]) }}
select
    exposures.portfolio_id,
    exposures.symbol_id,
    histories.is_complete,
    {{ unit_returns_of('histories') }},
    {{ common_columns('histories') }}
from {{ ref('int_correlation_exposures') }} as exposures
inner join {{ ref('int_correlation_returns') }} as histories on exposures.symbol_id = histories.symbol_id
{%- if cube_schema() %}
where false
{%- endif %}
{{ in_order('exposures.portfolio_id, exposures.symbol_id') }}

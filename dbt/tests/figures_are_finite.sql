-- no NaN and no infinity in any number of any core mart; marts of isolated engines have the test `finite_numbers` in their YAML,
--   because a test that reads several engines would fail with each of them
{% for mart in [
    'security_daily_prices', 'security_daily_betas', 'security_daily_risk', 'factor_covariances', 'data_coverage',
    'portfolios', 'positions', 'position_daily_values', 'portfolio_daily_snapshots', 'portfolio_daily_risk',
    'portfolio_factor_exposures', 'portfolio_greeks', 'position_exits',
] %}
{%- set relation = ref(mart) %}
{%- set numbers = [] %}
{%- if execute %}
{%- for node in graph.nodes.values() if node.name == mart and node.resource_type == 'model' %}
{%- for column in node.columns.values() if column.data_type == 'double precision' %}
{%- do numbers.append('abs(' ~ column.name ~ ')') %}
{%- endfor %}
{%- endfor %}
{%- endif %}
select
    '{{ mart }}' as mart,
    row_to_json(figures) as figures
from {{ relation }} as figures
where
    run_id = (select run_id from ops.visible_run())
    -- NaN is greater than infinity
    and greatest({{ numbers | join(', ') or 'null' }}) >= 'infinity'
{{ "union all" if not loop.last }}
{% endfor %}

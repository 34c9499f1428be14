-- every scenario shocks something, and nothing but factors that have a series, by the names of the factor seeds
select
    scenarios.scenario_id,
    shocks.factor_name
from {{ ref('scenarios') }} as scenarios
left join {{ ref('scenario_shocks') }} as shocks on scenarios.scenario_id = shocks.scenario_id
left join {{ ref('factors') }} as factors
    on shocks.factor_name = factors.factor_name and factors.etf_symbol is not null
left join {{ ref('macro_factors') }} as macro_factors on shocks.factor_name = macro_factors.factor_name
where
    shocks.shock is null
    or shocks.shock = 0
    or coalesce(factors.factor_no, macro_factors.factor_no) is null

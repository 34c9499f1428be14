-- one row per symbol that anybody holds or needs
select
    securities.symbol,
    coverage.first_session,
    coverage.last_session,
    coverage.expected_90,
    coverage.actual_90,
    coverage.coverage_90,
    coverage.missing_sessions,
    coverage.status,
    coverage.reason,
    v.is_simulated,
    coverage.run_id
from {{ ref('published_data_coverage') }} as coverage
inner join ops.visible_run() as v on {{ is_visible('coverage') }}
inner join {{ ref('stg_market__securities') }} as securities on coverage.symbol_id = securities.symbol_id

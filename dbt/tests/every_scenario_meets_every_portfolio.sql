-- every portfolio has a row for every view and scenario, so that no scenario is computed and then lost
select
    results.portfolio_id,
    count(*) as found
from {{ ref('portfolio_stress_results') }} as results
where results.session_date = (select market_date from ops.visible_run())
group by results.portfolio_id
having count(*) <> 3 * (select count(*) from {{ ref('scenarios') }})

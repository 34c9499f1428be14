-- one row per scenario that everybody's book is put through
select
    scenarios.scenario_id,
    scenarios.name,
    scenarios.category,
    scenarios.severity,
    scenarios.description,
    scenarios.replay_from,
    scenarios.replay_to,
    shocks.source,
    shocks.n_obs,
    scenarios.scenario_no as display_order,
    shocks.session_date,
    shocks.session_no,
    v.is_simulated,
    shocks.run_id
from {{ ref('scenarios') }} as scenarios
cross join ops.visible_run() as v
inner join lateral (
    select
        min(shocks.source) as source,
        max(shocks.n_obs) as n_obs,
        max(shocks.session_date) as session_date,
        max(shocks.session_no) as session_no,
        max(shocks.run_id) as run_id
    from {{ ref('published_stress_shocks') }} as shocks
    where
        shocks.scenario_id = scenarios.scenario_id
        and shocks.session_no = v.market_session_no
        and {{ is_visible('shocks') }}
    having count(*) > 0
) as shocks on true

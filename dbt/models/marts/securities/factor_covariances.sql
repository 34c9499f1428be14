-- one row per session and pair of factors, both ways
select
    covariances.session_date,
    covariances.session_no,
    a.factor_name as factor_a,
    b.factor_name as factor_b,
    covariances.covariance,
    covariances.correlation,
    covariances.ewma_covariance,
    covariances.n_obs,
    case
        when covariances.covariance is null then 'unavailable' when covariances.n_obs < 60 then 'partial' else 'ok'
    end as status,
    case
        when covariances.covariance is null then 'fewer than 20 sessions on which both have a return'
        when covariances.n_obs < 60 then 'fewer than 60 sessions on which both have a return'
    end as reason,
    v.is_simulated,
    covariances.run_id
from {{ ref('published_factor_covariances') }} as covariances
inner join ops.visible_run() as v on {{ is_visible('covariances') }}
inner join {{ ref('factors') }} as a on covariances.factor_no_a = a.factor_no
inner join {{ ref('factors') }} as b on covariances.factor_no_b = b.factor_no
where covariances.session_no between v.horizon_session_no and v.market_session_no

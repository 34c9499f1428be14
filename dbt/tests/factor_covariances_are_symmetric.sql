-- 49 pairs a session; the same both ways; a variance is no less than 0, a correlation within -1 and 1 and 1 with itself
with covariances as (

    select * from {{ ref('factor_covariances') }}
    where run_id = (select run_id from ops.visible_run())

)

select
    a.session_date,
    a.factor_a,
    a.factor_b
from covariances as a
left join covariances as b
    on a.session_date = b.session_date and a.factor_a = b.factor_b and a.factor_b = b.factor_a
where
    b.session_date is null
    or a.covariance is distinct from b.covariance
    or a.correlation is distinct from b.correlation
    or a.ewma_covariance is distinct from b.ewma_covariance
    or a.n_obs <> b.n_obs
    or a.n_obs not between 0 and 60
    or abs(a.correlation) > 1 + 1e-12
    or (a.factor_a = a.factor_b and (a.covariance < 0 or a.ewma_covariance < 0 or abs(a.correlation - 1) > 1e-12))
union all
select
    session_date,
    null,
    null
from covariances
group by session_date
having count(*) <> {{ var('etf_factor_count') }} * {{ var('etf_factor_count') }}

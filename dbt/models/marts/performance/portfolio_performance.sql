-- one row per portfolio, view and session; a period counts while all its sessions are kept
select
    published.portfolio_id,
    published.view_name as view,
    published.session_date,
    published.session_no,
    published.return_1d,
    published.return_1w,
    published.return_1m,
    published.return_3m,
    case when published.ytd_session_no >= v.horizon_session_no then published.return_ytd end as return_ytd,
    case when published.one_year_session_no >= v.horizon_session_no then published.return_1y end as return_1y,
    case
        when published.is_without_flows or published.inception_session_no >= v.horizon_session_no
            then published.return_inception
    end as return_inception,
    published.ytd_date as ytd_start_date,
    published.one_year_date as one_year_start_date,
    published.inception_date,
    published.sortino_ratio,
    published.calmar_ratio,
    published.hit_rate,
    published.risk_free_rate,
    published.n_obs,
    published.calmar_n_obs,
    published.status,
    published.reason,
    v.is_simulated,
    published.run_id
from {{ ref('published_portfolio_performance') }} as published
inner join ops.visible_run() as v on {{ is_visible('published') }}
where published.session_no between v.horizon_session_no and v.market_session_no

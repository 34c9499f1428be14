-- one row per portfolio and pair of symbols that it holds, symbol_a < symbol_b, at the market date
select
    row_pairs.portfolio_id,
    v.market_date as session_date,
    row_pairs.session_no,
    least(a.symbol collate "C", b.symbol collate "C") as symbol_a,
    greatest(a.symbol collate "C", b.symbol collate "C") as symbol_b,
    pair.correlation,
    cast(pair.n_obs as integer) as n_obs,
    case when pair.correlation is null then 'unavailable' when pair.n_obs < 90 then 'partial' else 'ok' end as status,
    case
        when pair.n_obs < {{ var('minimum_observations') }} then 'fewer than 20 sessions on which both have a return'
        when pair.correlation is null then 'the returns of one of them do not vary'
        when pair.n_obs < 90 then 'fewer than 90 sessions on which both have a return'
    end as reason,
    v.is_simulated,
    row_pairs.run_id
from {{ ref('published_correlation_rows') }} as row_pairs
inner join ops.visible_run() as v on {{ is_visible('row_pairs') }}
cross join
    lateral unnest(
        row_pairs.symbol_ids, row_pairs.correlations, row_pairs.n_obs
    ) as pair (symbol_id, correlation, n_obs)
inner join {{ ref('stg_market__securities') }} as a on row_pairs.symbol_id = a.symbol_id
inner join {{ ref('stg_market__securities') }} as b on pair.symbol_id = b.symbol_id
-- kept for the market date only
where row_pairs.session_no = v.market_session_no

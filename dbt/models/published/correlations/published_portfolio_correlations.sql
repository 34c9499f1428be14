-- one row per portfolio and view at the market date: how alike its holdings move, and how many they amount to
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_correlations', key=['portfolio_id', 'session_no', 'view_name'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

daily_views as (

    select daily_views.*
    from {{ ref('published_portfolio_daily_views') }} as daily_views
    inner join {{ ref('int_touched_portfolios') }} as touched on daily_views.portfolio_id = touched.portfolio_id
    inner join run on daily_views.session_no = run.last_session_no
    where daily_views.superseded_by_run is null

),

-- what the pairs of each symbol come to, in each view
symbol_sums as (

    select
        view_symbols.portfolio_id,
        view_symbols.view_name,
        view_symbols.exposure,
        view_symbols.n_obs,
        view_symbols.takes_part,
        view_symbols.return_stddev,
        sums.n_pairs,
        sums.n_unknown,
        sums.min_n_obs,
        sums.correlation_sum,
        sums.absolute_sum,
        sums.weighted_sum,
        sums.squared_sum,
        sums.risk_sum
    from {{ ref('int_correlation_views') }} as view_symbols
    inner join {{ ref('int_correlation_sums') }} as sums
        on
            view_symbols.portfolio_id = sums.portfolio_id
            and view_symbols.view_name = sums.view_name
            and view_symbols.symbol_id = sums.symbol_id
    -- in one order, so that sums come out the same to the last bit
    order by view_symbols.portfolio_id, view_symbols.view_name, view_symbols.symbol_id

),

summed as (

    select
        portfolio_id,
        view_name,
        count(*) filter (where takes_part) as n_symbols,
        count(*) filter (where not takes_part) as n_excluded,
        sum(abs(exposure)) as gross,
        coalesce(sum(abs(exposure)) filter (where takes_part), 0) as covered,
        sum(n_pairs) as n_pairs,
        sum(n_unknown) as n_unknown,
        least(min(min_n_obs), min(n_obs) filter (where takes_part)) as min_n_obs,
        sum(correlation_sum) as correlation_sum,
        sum(absolute_sum) as absolute_sum,
        sum(exposure * exposure + 2 * exposure * coalesce(weighted_sum, 0)) filter (where takes_part) as weighted,
        sum(exposure * exposure + 2 * abs(exposure) * coalesce(squared_sum, 0)) filter (where takes_part) as squared,
        sum(abs(exposure) * return_stddev) filter (where takes_part) as undiversified_risk,
        sum(
            exposure * exposure * return_stddev * return_stddev
            + 2 * exposure * return_stddev * coalesce(risk_sum, 0)
        ) filter (where takes_part) as risk_squared
    from symbol_sums
    group by portfolio_id, view_name

),

clustered as (

    select
        portfolio_id,
        view_name,
        count(*) as n_clusters,
        {{ ordered('sum', 'gross_exposure', 'cluster_no') }} as gross_exposure
    from {{ ref('int_correlation_clusters') }}
    group by portfolio_id, view_name

),

joined as (

    select
        daily_views.portfolio_id,
        daily_views.view_name,
        daily_views.session_no,
        daily_views.position_count,
        daily_views.unsound_mark_count,
        daily_views.unknown_exposure_count,
        daily_views.unknown_adjustment_count,
        coalesce(summed.n_symbols, 0) as n_symbols,
        coalesce(summed.n_excluded, 0) as n_excluded,
        coalesce(summed.n_pairs, 0) as n_pairs,
        coalesce(summed.n_unknown, 0) as n_unknown,
        summed.min_n_obs,
        summed.gross,
        summed.covered,
        summed.correlation_sum / nullif(summed.n_pairs, 0) as average_correlation,
        summed.absolute_sum / nullif(summed.n_pairs, 0) as average_absolute_correlation,
        case when summed.n_unknown = 0 then finance.effective_positions(summed.covered, summed.weighted) end
            as effective_positions,
        case when summed.n_unknown = 0 then finance.effective_positions(summed.covered, summed.squared) end
            as independent_positions,
        case
            when summed.n_unknown = 0
                then finance.diversification_ratio(summed.undiversified_risk, summed.risk_squared)
        end as diversification_ratio,
        coalesce(clustered.n_clusters, 0) as n_clusters,
        coalesce(clustered.gross_exposure, 0) / nullif(summed.gross, 0) as clustered_share
    from daily_views
    left join summed
        on daily_views.portfolio_id = summed.portfolio_id and daily_views.view_name = summed.view_name
    left join clustered
        on daily_views.portfolio_id = clustered.portfolio_id and daily_views.view_name = clustered.view_name

),

judged as (

    select
        *,
        case
            when unknown_exposure_count > 0 then 'the underlying of an option has no price'
            when unknown_adjustment_count > 0 then 'an option was adjusted by a split in a way that is not known'
            when n_excluded > 0 then 'holdings with fewer than 20 returns, or that do not vary, are left out'
            when n_unknown > 0 then 'pairs with fewer than 20 common returns are left out'
        end as shortcoming,
        case
            when min_n_obs < 90 then 'a pair has fewer than 90 common returns'
        end as short_history
    from joined

)

select
    portfolio_id,
    view_name,
    session_no,
    average_correlation,
    average_absolute_correlation,
    cast(n_pairs as integer) as n_pairs,
    cast(n_symbols as integer) as n_symbols,
    cast(n_excluded as integer) as n_excluded,
    covered / nullif(gross, 0) as coverage,
    effective_positions,
    independent_positions,
    diversification_ratio,
    cast(n_clusters as integer) as n_clusters,
    clustered_share,
    case
        when average_correlation is null then 'unavailable'
        when coalesce(shortcoming, short_history) is not null then 'partial'
        else 'ok'
    end as status,
    case
        when average_correlation is not null then coalesce(shortcoming, short_history)
        when position_count = 0 then 'the view holds no position'
        when n_symbols + n_excluded < 2 and unknown_exposure_count = 0 then 'the view holds fewer than two symbols'
        when n_symbols < 2 then 'fewer than two holdings with 20 returns that vary'
        else 'no pair has 20 common returns'
    end as reason,
    case
        when effective_positions is null or diversification_ratio is null then 'unavailable'
        when coalesce(shortcoming, short_history) is not null or unsound_mark_count > 0 then 'partial'
        else 'ok'
    end as diversification_status,
    case
        when position_count = 0 then 'the view holds no position'
        when n_symbols = 0 then 'no holding has 20 returns that vary'
        when n_unknown > 0 then 'a pair has fewer than 20 common returns'
        when covered = 0 then 'the lots of every holding cancel each other'
        when effective_positions is null or diversification_ratio is null then 'the holdings cancel each other'
        when shortcoming is not null then shortcoming
        when unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
        else short_history
    end as diversification_reason
from judged

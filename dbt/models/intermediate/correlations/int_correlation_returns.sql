-- one row per symbol at risk on the last session: its returns over the 90 sessions up to it, oldest first
--   z_1 … z_90 are the same less their mean and of length one, so that the correlation of two complete histories is the sum
--   of the products; null where a session has no return, or all returns are the same
-- the linter loses the indent over the loops
-- noqa: disable=LT02
{{ config(indexes=[{'columns': ['symbol_id'], 'unique': true}]) }}
with symbols as (

    select distinct exposures.symbol_id
    from {{ ref('int_correlation_exposures') }} as exposures

),

histories as (

    select
        symbols.symbol_id,
        history.daily_returns
    from symbols
    cross join {{ ref('int_run') }} as run
    cross join
        lateral (
            select array_agg(panel.daily_return order by session.session_no) as daily_returns
            from generate_series(run.last_session_no - 89, run.last_session_no) as session (session_no)
            left join (
                -- through the key of the panel
                select
                    panel.session_no,
                    panel.daily_return
                from {{ ref('int_security_panel') }} as panel
                where
                    panel.symbol_id = symbols.symbol_id
                    and panel.session_no between run.last_session_no - 89 and run.last_session_no
                offset 0 -- noqa: AM09
            ) as panel on session.session_no = panel.session_no
        ) as history

),

described as (

    select
        histories.symbol_id,
        histories.daily_returns,
        figures.n_obs,
        figures.present,
        figures.mean_return,
        -- exactly 0 when all returns are the same
        case when figures.highest > figures.lowest then figures.return_stddev else 0 end as return_stddev
    from histories
    cross join
        lateral (
            select
                count(history.daily_return) as n_obs,
                cast(
                    string_agg(case when history.daily_return is null then '0' else '1' end, '') as bit(90)
                ) as present,
                avg(history.daily_return) as mean_return,
                stddev_samp(history.daily_return) as return_stddev,
                max(history.daily_return) as highest,
                min(history.daily_return) as lowest
            -- in the order of the array
            from unnest(histories.daily_returns) as history (daily_return)
        ) as figures

)

select
    described.symbol_id,
    cast(described.n_obs as integer) as n_obs,
    described.n_obs = 90 as is_complete,
    -- enough returns, and not all the same
    described.n_obs >= {{ var('minimum_observations') }} and described.return_stddev > 0 as takes_part,
    described.present,
    described.return_stddev,
    described.daily_returns
    {%- for k in range(1, 91) %},
    case when described.n_obs = 90 then
        (described.daily_returns[{{ k }}] - described.mean_return) / nullif(described.return_stddev * sqrt(89), 0)
    end as z_{{ k }}
    {%- endfor %}
from described

-- one row per security that had a return within the 60 sessions up to the market date: those returns, and which of them the factors have too
-- looked up row by row through a key
-- noqa: disable=ST05
with run as (

    select * from {{ ref('int_run') }}

),

factor_sessions as (

    select
        factor_returns.session_no,
        cast(factor_returns.session_no - run.last_session_no + 60 as integer) as place,
        {%- for k in range(1, var('etf_factor_count') + 1) %}
        factor_returns.return_{{ k }} is not null{{ " and" if not loop.last }}
        {%- endfor %} as is_whole
    from {{ ref('int_factor_returns') }} as factor_returns
    cross join run
    where factor_returns.session_no between run.last_session_no - 59 and run.last_session_no

),

securities as (

    select securities.symbol_id
    from {{ ref('stg_market__securities') }} as securities
    where securities.kind <> 'option'

)

select
    securities.symbol_id,
    found.pattern,
    cast(length(replace(found.pattern, '0', '')) as integer) as n_obs,
    found.daily_returns
from securities
cross join
    lateral (
        select
            array_agg(coalesce(panel.daily_return, 'NaN') order by factor_sessions.place) as daily_returns,
            string_agg(
                case when factor_sessions.is_whole and panel.daily_return is not null then '1' else '0' end,
                '' order by factor_sessions.place
            ) as pattern
        from factor_sessions
        left join (
            -- through the key of the panel
            select
                panel.session_no,
                panel.daily_return
            from {{ ref('int_security_panel') }} as panel
            cross join run
            where
                panel.symbol_id = securities.symbol_id
                and panel.session_no between run.last_session_no - 59 and run.last_session_no
            offset 0 -- noqa: AM09
        ) as panel on factor_sessions.session_no = panel.session_no
    ) as found
where found.pattern like '%1%'

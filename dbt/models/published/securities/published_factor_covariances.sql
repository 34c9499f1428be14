-- one row per session and pair of factors, both ways: how they moved together over the 60 sessions
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_sessions') }}
{{ config(alias='factor_covariances', key=['session_no', 'factor_no_a', 'factor_no_b'], scope='session') }}
-- the linter loses the indent over the loops
-- noqa: disable=LT02
{%- set factors = range(1, var('etf_factor_count') + 1) %}
{%- set decay = 'cast(' ~ var('ewma_decay') ~ ' as ' ~ double() ~ ')' %}
{%- set pairs = [] %}
{%- for a in factors %}
{%- for b in range(a, var('etf_factor_count') + 1) %}
{%- do pairs.append((a, b)) %}
{%- endfor %}
{%- endfor %}
{%- set both_ways = [] %}
{%- for a in factors %}
{%- for b in factors %}
{%- set pair = [a, b] | min ~ '_' ~ [a, b] | max %}
{%- do both_ways.append([
    a, b, 'wide.n_obs_' ~ pair, 'wide.covariance_' ~ pair, 'wide.correlation_' ~ pair, 'wide.ewma_covariance_' ~ pair
]) %}
{%- endfor %}
{%- endfor %}
with touched as (

    select * from {{ ref('int_touched_sessions') }}

),

run as (

    select * from {{ ref('int_run') }}

),

sessions as (

    select
        sessions.session_no,
        sessions.session_date
    from {{ ref('stg_calendar__sessions') }} as sessions
    cross join touched
    cross join run
    where sessions.session_no between touched.first_session_no and run.last_session_no

),

-- the 60 sessions of each, newest first; a pair counts its own: rank 1 is the newest that is there
framed as (

    select
        sessions.session_no,
        sessions.session_date
        {%- for k in factors %},
        returns.return_{{ k }}
        {%- endfor %}
        {%- for a, b in pairs %},
        count(returns.return_{{ a }} * returns.return_{{ b }}) over newest_first as rank_{{ a }}_{{ b }}
        {%- endfor %}
    from sessions
    cross join {{ series(0, 59) }} as back (sessions)
    inner join {{ ref('int_factor_returns') }} as returns on sessions.session_no - back.sessions = returns.session_no
    window newest_first as (
        partition by sessions.session_no order by returns.session_no desc rows unbounded preceding
    )

),

wide as (

    select
        session_no,
        session_date
        {%- for a, b in pairs %},
        max(rank_{{ a }}_{{ b }}) as n_obs_{{ a }}_{{ b }},
        covar_samp(return_{{ a }}, return_{{ b }}) as covariance_{{ a }}_{{ b }},
        corr(return_{{ a }}, return_{{ b }}) as correlation_{{ a }}_{{ b }},
        sum(power({{ decay }}, rank_{{ a }}_{{ b }} - 1) * (1 - {{ decay }}) * return_{{ a }} * return_{{ b }})
        / nullif(1 - power({{ decay }}, max(rank_{{ a }}_{{ b }})), 0) as ewma_covariance_{{ a }}_{{ b }}
        {%- endfor %}
    from framed
    group by session_no, session_date

)

-- both ways
select
    wide.session_no,
    wide.session_date,
    pair.factor_no_a,
    pair.factor_no_b,
    case when pair.n_obs >= {{ var('minimum_observations') }} then pair.covariance end as covariance,
    case when pair.n_obs >= {{ var('minimum_observations') }} then pair.correlation end as correlation,
    case when pair.n_obs >= {{ var('minimum_observations') }} then pair.ewma_covariance end as ewma_covariance,
    cast(pair.n_obs as integer) as n_obs
from wide
cross join
    {{ rows_of(
        'pair', ['factor_no_a', 'factor_no_b', 'n_obs', 'covariance', 'correlation', 'ewma_covariance'], both_ways
    ) }}

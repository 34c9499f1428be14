-- one row per touched portfolio and symbol at risk on the last session: its correlations with the symbols that come after it
--   (by symbol_id) as arrays, and what the portfolio's figures sum of them, in each view
--   a pair of complete histories is one expression over two rows: no join over sessions, no aggregate
-- the linter loses the indent over the loops, and a CTE would be read once for all
-- noqa: disable=LT02,LT05,ST05,CV11
{{ config(indexes=[{'columns': ['portfolio_id', 'symbol_id'], 'unique': true}]) }}
{%- set views = ['portfolio', 'longs', 'shorts'] %}
select
    a.portfolio_id,
    a.symbol_id,
    later.symbol_ids,
    later.correlations,
    later.n_obs
    {%- for view in views %},
    later.n_pairs_{{ view }},
    later.n_unknown_{{ view }},
    later.correlation_sum_{{ view }},
    later.absolute_sum_{{ view }},
    later.min_n_obs_{{ view }},
    later.weighted_sum_{{ view }},
    later.squared_sum_{{ view }},
    later.risk_sum_{{ view }}
    {%- endfor %}
from {{ ref('int_correlation_holdings') }} as a
cross join
    lateral (
        select
            coalesce(array_agg(pairs.symbol_id), array[]::integer[]) as symbol_ids,
            coalesce(array_agg(pairs.correlation), array[]::double precision[]) as correlations,
            coalesce(array_agg(cast(pairs.n_obs as smallint)), array[]::smallint[]) as n_obs
            {%- for view in views %},
            count(pairs.correlation * pairs.exposure_{{ view }}) as n_pairs_{{ view }},
            count(pairs.exposure_{{ view }}) filter (
                where pairs.correlation is null and pairs.takes_part
            ) as n_unknown_{{ view }},
            min(pairs.n_obs) filter (
                where pairs.correlation is not null and pairs.exposure_{{ view }} is not null
            ) as min_n_obs_{{ view }},
            sum(pairs.correlation) filter (where pairs.exposure_{{ view }} is not null) as correlation_sum_{{ view }},
            sum(abs(pairs.correlation)) filter (where pairs.exposure_{{ view }} is not null) as absolute_sum_{{ view }},
            sum(pairs.correlation * pairs.exposure_{{ view }}) as weighted_sum_{{ view }},
            sum(pairs.correlation * pairs.correlation * abs(pairs.exposure_{{ view }})) as squared_sum_{{ view }},
            sum(pairs.correlation * pairs.exposure_{{ view }} * pairs.return_stddev) as risk_sum_{{ view }}
            {%- endfor %}
        from (
            select
                figures.symbol_id,
                figures.takes_part,
                figures.return_stddev,
                figures.n_obs,
                -- a rounding error above one
                case
                    when figures.correlation > 1 then 1 when figures.correlation < -1 then -1 else figures.correlation
                end as correlation
                {%- for view in views %},
                case when a.exposure_{{ view }} is not null then figures.exposure_{{ view }} end as exposure_{{ view }}
                {%- endfor %}
            from (
                select
                    b.symbol_id,
                    a.takes_part and b.takes_part as takes_part,
                    b.return_stddev,
                    b.exposure_portfolio,
                    b.exposure_longs,
                    b.exposure_shorts,
                    case
                        when a.is_complete and b.is_complete then 90
                        else bit_count(a.present & b.present)
                    end as n_obs,
                    case
                        when a.is_complete and b.is_complete
                            then
                                {% for k in range(1, 91) %}a.z_{{ k }} * b.z_{{ k }}{{ " + " if not loop.last }}{% endfor %}
                        when bit_count(a.present & b.present) >= {{ var('minimum_observations') }}
                            then (
                                select
                                    case
                                        when
                                            max(common.return_a) > min(common.return_a)
                                            and max(common.return_b) > min(common.return_b)
                                            then corr(common.return_a, common.return_b)
                                    end
                                from unnest(a.daily_returns, b.daily_returns) as common (return_a, return_b)
                                where common.return_a is not null and common.return_b is not null
                            )
                    end as correlation
                from {{ ref('int_correlation_holdings') }} as b
                where b.portfolio_id = a.portfolio_id and b.symbol_id > a.symbol_id
                order by b.symbol_id
            ) as figures
            -- once a pair, not once an aggregate
            offset 0 -- noqa: AM09
        ) as pairs
    ) as later

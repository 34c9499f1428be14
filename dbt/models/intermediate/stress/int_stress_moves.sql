-- one row per symbol at risk and scenario: how far it moves, as a fraction, by the shocks as stated and by them together
with symbols as (

    select distinct positions.risk_symbol_id as symbol_id
    from {{ ref('int_stress_positions') }} as positions
    where positions.risk_symbol_id is not null

),

panel as (

    select panel.*
    from symbols
    cross join {{ ref('int_run') }} as run
    -- through the key of the panel, symbol by symbol
    cross join
        lateral (
            select panel.* from {{ ref('int_security_panel') }} as panel
            where panel.symbol_id = symbols.symbol_id and panel.session_no = run.market_session_no
            offset 0 -- noqa: AM09
        ) as panel

),

betas as (

    select
        panel.symbol_id,
        figure.factor_no,
        figure.beta
    from panel
    cross join
        lateral (
            values
            {%- for k in range(1, var('etf_factor_count') + 1) %}
            ({{ k }}, panel.beta_{{ k }}){{ "," if not loop.last }}
            {%- endfor %}
        ) as figure (factor_no, beta)
    where figure.beta is not null
    union all
    select
        macro_betas.symbol_id,
        macro_betas.factor_no,
        macro_betas.beta_60d
    from {{ ref('published_security_macro_betas') }} as macro_betas
    inner join {{ ref('int_run') }} as run on macro_betas.session_no = run.market_session_no
    inner join symbols on macro_betas.symbol_id = symbols.symbol_id
    where macro_betas.superseded_by_run is null and macro_betas.beta_60d is not null

)

select
    betas.symbol_id,
    shocks.scenario_id,
    sum(betas.beta * shocks.shock order by shocks.factor_no) as direct_move,
    -- a sum would leave out what is unknown
    case
        when count(shocks.effective_shock) = count(*)
            then sum(betas.beta * shocks.effective_shock order by shocks.factor_no)
    end as joint_move
from betas
inner join {{ ref('published_stress_shocks') }} as shocks
    on betas.factor_no = shocks.factor_no and shocks.superseded_by_run is null
where shocks.shock is not null
group by betas.symbol_id, shocks.scenario_id

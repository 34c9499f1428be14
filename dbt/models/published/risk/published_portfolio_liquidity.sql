-- one row per portfolio and view, on the market date: how many sessions it takes to sell half, 90 % and all of it
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_liquidity', key=['portfolio_id', 'session_no', 'view_name'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
with views as (

    select * from {{ ref('int_risk_views') }}

),

lots as (

    select
        portfolio_id,
        side,
        lot_no,
        market_value,
        held_quantity / nullif({{ var('participation_rate') }} * average_volume_20d, 0) as days,
        n_obs
    from {{ ref('int_lot_liquidity') }}

),

view_lots as (

    select
        lots.*,
        view_name.view_name
    from lots
    inner join (values ('portfolio'), ('longs'), ('shorts')) as view_name (view_name)
        on view_name.view_name in (lots.side, 'portfolio')

),

-- when a lot is done, so much is sold: what was done before it in whole, of every other one days / its own days
steps as (

    select
        portfolio_id,
        view_name,
        days,
        sum(market_value) over whole as total,
        sum(market_value) over so_far as done,
        -- sold a session of what is not done by then
        sum(market_value / days) over whole - sum(market_value / days) over so_far as pace_left,
        row_number() over (partition by portfolio_id, view_name order by days, lot_no) as place
    from view_lots
    where days > 0 and market_value > 0
    window
        whole as (
            partition by portfolio_id, view_name order by days, lot_no
            rows between unbounded preceding and unbounded following
        ),
        so_far as (
            partition by portfolio_id, view_name order by days, lot_no rows between unbounded preceding and current row
        )

),

sold as (

    select
        portfolio_id,
        view_name,
        place,
        total,
        days,
        (done + greatest(pace_left, 0) * days) / total as share,
        coalesce(lag(days) over view_steps, 0) as days_before,
        coalesce(lag((done + greatest(pace_left, 0) * days) / total) over view_steps, 0) as share_before
    from steps
    window view_steps as (partition by portfolio_id, view_name order by place)

),

-- between two steps the share grows evenly
reached as (

    select
        portfolio_id,
        view_name,
        min(total) as total,
        min(
            days_before + (days - days_before) * (0.5 - share_before) / nullif(share - share_before, 0)
        ) filter (where share >= 0.5 and share_before < 0.5) as days_to_50_pct,
        min(
            days_before + (days - days_before) * (0.9 - share_before) / nullif(share - share_before, 0)
        ) filter (where share >= 0.9 and share_before < 0.9) as days_to_90_pct,
        max(days) as days_to_100_pct
    from sold
    group by portfolio_id, view_name

),

sums as (

    select
        portfolio_id,
        view_name,
        sum(market_value) as gross,
        sum(market_value) filter (where days is not null) as covered,
        sum(market_value * least(1, 1 / days)) filter (where days > 0) as within_1_day,
        sum(market_value * least(1, 5 / days)) filter (where days > 0) as within_5_days,
        count(*) filter (where n_obs < 20) as thin_count
    from (
        select * from view_lots
        order by portfolio_id, view_name, lot_no
    ) as in_order
    group by portfolio_id, view_name

)

select
    views.portfolio_id,
    views.view_name,
    views.session_no,
    views.session_date,
    cast({{ var('participation_rate') }} as double precision) as participation_rate,
    reached.days_to_50_pct,
    reached.days_to_90_pct,
    reached.days_to_100_pct,
    sums.within_1_day / reached.total as share_within_1_day,
    sums.within_5_days / reached.total as share_within_5_days,
    coalesce(sums.covered, 0) / nullif(sums.gross, 0) as coverage,
    case
        when reached.total is null then 'unavailable'
        when sums.covered < sums.gross or sums.thin_count > 0 then 'partial'
        else 'ok'
    end as status,
    case
        when sums.portfolio_id is null then 'the view holds no position'
        when reached.total is null then 'nothing of it was traded within 20 sessions'
        when sums.covered < sums.gross then 'lots whose symbol was not traded within 20 sessions are left out'
        when sums.thin_count > 0 then 'sessions without a bar among the last 20'
    end as reason
from views
left join sums on views.portfolio_id = sums.portfolio_id and views.view_name = sums.view_name
left join reached on views.portfolio_id = reached.portfolio_id and views.view_name = reached.view_name

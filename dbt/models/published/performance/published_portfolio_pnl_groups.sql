-- one row per portfolio, kind of group and group on the market date: its share of the P&L of each period that ends with it
--   the rows of one kind are a partition: they sum to the P&L of the period (published_portfolio_pnl_periods). A lot with several
--   tags counts in each of them; the row `counted more than once` takes that back. What no factor explains is `specific`.
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_pnl_groups', key=['portfolio_id', 'session_no', 'group_kind', 'group_key'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
-- the linter loses the indent over the loops
-- noqa: disable=LT02
with run as (

    select * from {{ ref('int_run') }}

),

lots as (

    select lots.*
    from {{ ref('published_lots') }} as lots
    inner join {{ ref('int_touched_portfolios') }} as touched on lots.portfolio_id = touched.portfolio_id
    where lots.superseded_by_run is null

),

lot_pnl as (

    select
        period_pnl.*,
        lots.symbol,
        lots.position_type,
        coalesce(lots.sector, 'Unassigned') as sector,
        lots.tags,
        lots.entry_session_no
    from {{ ref('int_lot_period_pnl') }} as period_pnl
    inner join lots on period_pnl.position_id = lots.position_id

),

-- a lot is a group of its own; in the other groups it counts so many times
memberships as (

    select
        portfolio_id,
        position_id,
        'type' as group_kind,
        position_type as group_key,
        position_type as group_name,
        1 as times
    from lot_pnl
    union all
    select
        portfolio_id,
        position_id,
        'sector' as group_kind,
        sector as group_key,
        sector as group_name,
        1 as times
    from lot_pnl
    union all
    select
        lot_pnl.portfolio_id,
        lot_pnl.position_id,
        'tag' as group_kind,
        'tag: ' || tags.tag as group_key,
        tags.tag as group_name,
        1 as times
    from lot_pnl
    cross join lateral unnest(lot_pnl.tags) as tags (tag)
    union all
    select
        portfolio_id,
        position_id,
        'tag' as group_kind,
        'untagged' as group_key,
        'untagged' as group_name,
        1 as times
    from lot_pnl
    where cardinality(tags) = 0
    union all
    select
        portfolio_id,
        position_id,
        'tag' as group_kind,
        'counted more than once' as group_key,
        'counted more than once' as group_name,
        1 - cardinality(tags) as times
    from lot_pnl
    where cardinality(tags) > 1

),

grouped as (

    select
        portfolio_id,
        group_kind,
        group_key,
        group_name
        {%- for period in var('attribution_periods') %},
        sum(pnl_{{ period }} * times) as pnl_{{ period }}
        {%- endfor %}
    from (
        select
            memberships.group_kind,
            memberships.group_key,
            memberships.group_name,
            memberships.times,
            lot_pnl.*
        from memberships
        inner join lot_pnl on memberships.position_id = lot_pnl.position_id
        -- in the order of the lots, so that sums come out the same to the last bit
        order by
            memberships.portfolio_id, memberships.group_kind, memberships.group_key, lot_pnl.entry_session_no,
            lot_pnl.symbol, lot_pnl.position_id
    ) as in_order
    group by portfolio_id, group_kind, group_key, group_name

),

factor_pnl as (

    select
        factor_pnl.*,
        factors.factor_name
    from {{ ref('int_factor_period_pnl') }} as factor_pnl
    inner join {{ ref('factors') }} as factors on factor_pnl.factor_no = factors.factor_no

),

explained as (

    select
        portfolio_id
        {%- for period in var('attribution_periods') %},
        sum(pnl_{{ period }} order by factor_no) as pnl_{{ period }}
        {%- endfor %}
    from factor_pnl
    group by portfolio_id

),

totals as (

    select
        portfolio_id
        {%- for period in var('attribution_periods') %},
        max(period_pnl) filter (where period = '{{ period }}') as pnl_{{ period }}
        {%- endfor %}
    from {{ ref('published_portfolio_pnl_periods') }}
    inner join run on session_no = run.last_session_no
    where superseded_by_run is null
    group by portfolio_id

),

together as (

    select
        portfolio_id,
        'position' as group_kind,
        cast(position_id as text) as group_key,
        symbol as group_name
        {%- for period in var('attribution_periods') %},
        pnl_{{ period }}
        {%- endfor %}
    from lot_pnl
    union all
    select * from grouped
    union all
    select
        portfolio_id,
        'factor' as group_kind,
        factor_name as group_key,
        factor_name as group_name
        {%- for period in var('attribution_periods') %},
        pnl_{{ period }}
        {%- endfor %}
    from factor_pnl
    union all
    select
        totals.portfolio_id,
        'factor' as group_kind,
        'specific' as group_key,
        'specific' as group_name
        {%- for period in var('attribution_periods') %},
        totals.pnl_{{ period }} - coalesce(explained.pnl_{{ period }}, 0) as pnl_{{ period }}
        {%- endfor %}
    from totals
    inner join {{ ref('int_touched_portfolios') }} as touched on totals.portfolio_id = touched.portfolio_id
    left join explained on totals.portfolio_id = explained.portfolio_id

)

select
    together.portfolio_id,
    run.last_session_no as session_no,
    market.session_date,
    together.group_kind,
    together.group_key,
    together.group_name
    {%- for period in var('attribution_periods') %},
    together.pnl_{{ period }}
    {%- endfor %}
from together
cross join run
inner join {{ ref('stg_calendar__sessions') }} as market on run.last_session_no = market.session_no

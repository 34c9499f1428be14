-- one row per touched portfolio, view and cluster, the largest first: its members and its nickname, which is the tag that at least
--   70 % of them carry, else the sector that at least 70 % are in, else "<largest member> lookalikes"
with members as (

    select * from {{ ref('int_correlation_members') }}

),

clusters as (

    select
        portfolio_id,
        view_name,
        component_id,
        count(*) as member_count,
        {{ ordered('sum', 'gross_exposure', 'symbol_id') }} as gross_exposure,
        -- every pair is counted at both ends
        {{ ordered('sum', 'correlation_sum', 'symbol_id') }} / sum(n_pairs) as average_correlation,
        cast(sum(n_pairs) / 2 as integer) as n_pairs,
        {{ largest_first('symbol', 'gross_exposure') }} as symbols
    from members
    group by portfolio_id, view_name, component_id

),

-- a symbol carries a tag when one of its lots in the view does
tag_counts as (

    select
        members.portfolio_id,
        members.view_name,
        members.component_id,
        tags.tag_name as nickname,
        count(distinct members.symbol_id) as member_count
    from members
    inner join {{ ref('int_run') }} as run on true
    inner join {{ ref('int_position_days') }} as position_days
        on
            members.portfolio_id = position_days.portfolio_id
            and members.symbol_id = position_days.risk_symbol_id
            and run.last_session_no = position_days.session_no
            and not position_days.is_settlement
            and members.view_name in ('portfolio', position_days.side)
    inner join {{ ref('stg_accounts__position_tags') }} as tags on position_days.position_id = tags.position_id
    group by members.portfolio_id, members.view_name, members.component_id, tags.tag_name

),

sector_counts as (

    select
        portfolio_id,
        view_name,
        component_id,
        sector as nickname,
        count(*) as member_count
    from members
    where sector is not null
    group by portfolio_id, view_name, component_id, sector

),

candidates as (

    select
        *,
        1 as priority,
        'tag' as nickname_source
    from tag_counts
    union all
    select
        *,
        2 as priority,
        'sector' as nickname_source
    from sector_counts

),

nicknames as (

    select
        candidates.*,
        row_number() over (
            partition by candidates.portfolio_id, candidates.view_name, candidates.component_id
            order by
                candidates.priority asc, candidates.member_count desc,
                {{ bytewise('lower(candidates.nickname)') }} asc, {{ bytewise('candidates.nickname') }} asc
        ) as choice
    from candidates
    inner join clusters
        on
            candidates.portfolio_id = clusters.portfolio_id
            and candidates.view_name = clusters.view_name
            and candidates.component_id = clusters.component_id
    where candidates.member_count * 10 >= clusters.member_count * 7

)

select
    clusters.portfolio_id,
    clusters.view_name,
    clusters.component_id,
    cast(
        row_number() over (
            partition by clusters.portfolio_id, clusters.view_name
            order by clusters.gross_exposure desc, {{ bytewise(element('clusters.symbols', 1)) }} asc
        ) as integer
    ) as cluster_no,
    coalesce(nicknames.nickname, {{ element('clusters.symbols', 1) }} || ' lookalikes') as nickname,
    coalesce(nicknames.nickname_source, 'largest') as nickname_source,
    clusters.symbols,
    cast(clusters.member_count as integer) as member_count,
    clusters.average_correlation,
    clusters.n_pairs,
    clusters.gross_exposure
from clusters
left join nicknames
    on
        clusters.portfolio_id = nicknames.portfolio_id
        and clusters.view_name = nicknames.view_name
        and clusters.component_id = nicknames.component_id
        and nicknames.choice = 1

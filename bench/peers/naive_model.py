"""What a first dbt project looks like: long rows, covar_samp and var_samp over a window, drawdown by a self-join.

It makes the figures of the securities only: no prices table, no portfolios.
"""

import time

from bench.data import FACTOR_ETFS
from db.connection import connect

_ETFS = ", ".join(f"'{symbol}'" for symbol in FACTOR_ETFS)

_STATEMENTS = (
    """
    create table naive.returns as
    with adjusted as (
        select b.symbol_id, s.session_no, b.close / coalesce((
            select exp(sum(ln(x.split_to / x.split_from))) from raw.splits x
            where x.symbol_id = b.symbol_id and x.execution_date > b.session_date and x.superseded_by_load is null
        ), 1)::float8 as close
        from raw.bars b join raw.sessions s using (session_date) where b.superseded_by_load is null
    ),
    dense as (
        select g.symbol_id, s.session_no, a.close
        from (select symbol_id, min(session_no) as first_no from adjusted group by symbol_id) g
        join raw.sessions s on s.session_no between g.first_no and (select max(session_no) from adjusted)
        left join adjusted a on a.symbol_id = g.symbol_id and a.session_no = s.session_no
    )
    select symbol_id, session_no,
        close / lag(close) over (partition by symbol_id order by session_no) - 1 as daily_return
    from dense
    """,
    "analyze naive.returns",
    f"""
    create table naive.betas as
    with factors as (
        select f.factor_no, r.session_no, r.daily_return
        from unnest(array[{_ETFS}]) with ordinality as f (symbol, factor_no)
        join raw.securities s using (symbol) join naive.returns r using (symbol_id)
    ),
    pairs as (
        select r.symbol_id, r.session_no, f.factor_no, r.daily_return as y,
            case when r.daily_return is not null then f.daily_return end as x
        from naive.returns r join factors f using (session_no)
    ),
    figures as (
        select symbol_id, session_no, factor_no::int4 as factor_no, count(y) over w as n_obs,
            covar_samp(y, x) over w as sxy, var_samp(x) over w as sxx, var_samp(y) over w as syy
        from pairs
        window w as (partition by symbol_id, factor_no order by session_no range between 59 preceding and current row)
    )
    select symbol_id, session_no, factor_no, n_obs::int2 as n_obs,
        case when n_obs >= 20 then sxy / nullif(sxx, 0) end as beta,
        case when n_obs >= 20 then sxy * sxy / nullif(sxx * syy, 0) end as r_squared,
        case when n_obs >= 20
            then sqrt(greatest(syy - sxy * sxy / nullif(sxx, 0), 0) / (n_obs - 2) / nullif(sxx, 0)) end as std_error
    from figures
    """,
    "alter table naive.betas add primary key (symbol_id, session_no, factor_no)",
    """
    create table naive.volatility as
    select symbol_id, session_no, case when count(daily_return) over w >= 20
        then stddev_samp(daily_return) over w * sqrt(252) end as volatility
    from naive.returns
    window w as (partition by symbol_id order by session_no range between 59 preceding and current row)
    """,
    "alter table naive.volatility add primary key (symbol_id, session_no)",
    """
    create table naive.levels as
    select symbol_id, session_no,
        exp(sum(ln(1 + coalesce(daily_return, 0))) over (partition by symbol_id order by session_no)) as level
    from naive.returns
    """,
    "create index on naive.levels (symbol_id, session_no)",
    "analyze naive.levels",
    """
    create table naive.drawdowns as
    with falls as (
        select a.symbol_id, a.session_no,
            b.level / max(b.level) over (
                partition by a.symbol_id, a.session_no order by b.session_no rows unbounded preceding
            ) - 1 as fall
        from naive.levels a
        join naive.levels b on b.symbol_id = a.symbol_id and b.session_no between a.session_no - 90 and a.session_no
    )
    select symbol_id, session_no, min(fall) as worst from falls group by symbol_id, session_no
    """,
    "alter table naive.drawdowns add primary key (symbol_id, session_no)",
)


def run(url: str) -> dict[str, float]:
    """Build the four tables; seconds of the betas and of all of it."""
    with connect(url, autocommit=True) as conn:
        conn.execute("drop schema if exists naive cascade")
        conn.execute("create schema naive")
        began = time.perf_counter()
        spent: dict[str, float] = {}
        for statement in _STATEMENTS:
            started = time.perf_counter()
            conn.execute(statement)
            words = statement.split()
            name = words[2] if words[0] == "create" and words[1] == "table" else ""
            if name:
                spent[name.removeprefix("naive.")] = time.perf_counter() - started
        return {**spent, "total": time.perf_counter() - began}

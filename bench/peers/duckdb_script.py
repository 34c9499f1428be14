"""Everything with DuckDB's SQL on both cores; columns come in and go out as numpy arrays."""

from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.peers.transport import MINIMUM_OBSERVATIONS, Inputs, timed, types_of
from bench.pg_binary import Columns
from bench.results_tables import SECURITY_TABLES

_FACTORS = range(1, 8)
_Z = 1.6448536269514722
_VIEWS = np.array(["portfolio", "longs", "shorts"], "S12")


def _each(template: str, separator: str = ", ") -> str:
    return separator.join(template.format(k=k) for k in _FACTORS)


_MARKET = """
create table sessions as
select session_no, session_date::date as session_date, (row_number() over (order by session_no))::int as t
from in_sessions;

create table splits as
select symbol_id, t, product(ratio) as ratio
from in_splits join sessions on session_date = execution_date::date group by all;

create table bars as
select b.* exclude (session_date), t, session_no, s.session_date
from in_bars b join sessions s on s.session_date = b.session_date::date;

create table returns as
with spans as (select symbol_id, min(t) as first_t from bars group by all),
grid as (
    select symbol_id, s.t, s.session_no, s.session_date from spans join sessions s on s.t >= first_t
),
closes as (
    select grid.*, close, coalesce(ratio, 1) as ratio
    from grid left join bars using (symbol_id, t) left join splits using (symbol_id, t)
)
select symbol_id, t, session_no, session_date, close is not null as has_bar,
    close * ratio / lag(close) over (partition by symbol_id order by t) - 1 as r
from closes;

create table adjustments as
select symbol_id, coalesce(lag(t) over (partition by symbol_id order by t), 0) as from_t, t - 1 as through_t,
    product(ratio) over (partition by symbol_id order by t desc) as ratio
from splits;

create table security_daily_prices as
select b.symbol_id, b.session_no, b.session_date, b.open, b.high, b.low, b.close, b.volume,
    b.close / coalesce(a.ratio, 1) as split_adjusted_close, r.r as daily_return,
    r.r + coalesce(d.cash, 0) * (1 + r.r) / b.close as total_return
from bars b
join returns r using (symbol_id, t)
left join adjustments a on a.symbol_id = b.symbol_id and b.t between a.from_t and a.through_t
left join (select symbol_id, ex_date::date as ex_date, sum(cash) as cash from in_dividends group by all) d
    on d.symbol_id = b.symbol_id and d.ex_date = b.session_date;
"""

# Where no return of a symbol is missing, a factor's own spread depends on the session and the number of returns alone.
_PANEL = f"""
create table factors as
select t, {_each("max(r) filter (where symbol_id = etf_{k}) as f{k}")} from returns, etfs group by t;

create table factor_spreads as
select last.t, n, {_each("var_samp(f{k}) as v{k}")}
from (select t, unnest(range(2, 61)) as n from factors) last
join factors on factors.t between last.t - n + 1 and last.t
group by last.t, n;

create table joined as
select returns.*, {_each("f{k}")},
    count(r) over (partition by symbol_id) = count(*) over (partition by symbol_id) - 1 as is_whole
from returns join factors using (t);

create table sums as
select symbol_id, t, count(r) over w as n, var_samp(r) over w as v, {_each("covar_samp(r, f{k}) over w as c{k}")},
    {_each("null::double as v{k}")}, true as is_whole
from joined where is_whole window w as (partition by symbol_id order by t rows 59 preceding)
union all
select symbol_id, t, count(r) over w, var_samp(r) over w, {_each("covar_samp(r, f{k}) over w")},
    {_each("var_samp(case when r is not null then f{k} end) over w")}, false
from joined where not is_whole window w as (partition by symbol_id order by t rows 59 preceding);

create table levels as
select symbol_id, t, t // 91 as block, product(1 + coalesce(r, 0)) over (partition by symbol_id order by t) as level
from returns;

create table beginnings as
select *, max(1 - level / highest) over (partition by symbol_id, block order by t) as fall
from (
    select *, max(level) over w as highest, min(level) over w as lowest
    from levels window w as (partition by symbol_id, block order by t)
);

create table ends as
select *, max(1 - lowest / level) over (partition by symbol_id, block order by t desc) as fall
from (
    select *, max(level) over w as highest, min(level) over w as lowest
    from levels window w as (partition by symbol_id, block order by t desc)
);

create table drawdowns as
select b.symbol_id, b.t,
    -case when e.block = b.block then b.fall else greatest(b.fall, e.fall, 1 - b.lowest / e.highest) end as worst
from beginnings b
join (select symbol_id, min(t) as first_t from levels group by all) using (symbol_id)
join ends e on e.symbol_id = b.symbol_id and e.t = greatest(b.t - 90, first_t);

create table panel as
with figures as (
    select sums.* exclude ({_each("v{k}")}), {_each("coalesce(sums.v{k}, s.v{k}) as v{k}")}
    from sums left join factor_spreads s on sums.is_whole and s.t = sums.t and s.n = sums.n
),
betas as (
    select *, {_each(f"case when n >= {MINIMUM_OBSERVATIONS} then c{{k}} / v{{k}} end as beta_{{k}}")} from figures
),
counts as (
    select symbol_id, t, count(r) over (partition by symbol_id order by t rows 89 preceding) as drawdown_n_obs
    from returns
)
select r.symbol_id, r.t, r.session_no, r.session_date, r.has_bar, r.r as daily_return, n::smallint as n_obs,
    case when n >= {MINIMUM_OBSERVATIONS} then sqrt(v * 252) end as volatility_60d_annualized,
    case when drawdown_n_obs >= {MINIMUM_OBSERVATIONS} then worst end as max_drawdown_90d,
    drawdown_n_obs::smallint as drawdown_n_obs,
    {
    _each('''
        n::smallint as n_obs_{k}, beta_{k},
        case when beta_{k} is not null then least(beta_{k} * c{k} / nullif(v, 0), 1) end as r_squared_{k},
        case when beta_{k} is not null then sqrt(greatest(v - beta_{k} * c{k}, 0) / (n - 2) / v{k}) end as std_error_{k}
    ''')
}
from returns r join betas using (symbol_id, t) join counts using (symbol_id, t) join drawdowns using (symbol_id, t);

create table factor_covariances as
with long as (unpivot factors on {_each("f{k}")} into name factor value r),
named as (select t, substr(factor, 2)::int as factor_no, r from long),
pairs as (
    select a.t, a.factor_no as factor_no_a, b.factor_no as factor_no_b, a.r as ra, b.r as rb
    from named a join named b on a.t = b.t and a.factor_no <= b.factor_no
),
framed as (
    select s.session_no, p.*,
        row_number() over (partition by s.t, factor_no_a, factor_no_b order by p.t desc) - 1 as age
    from (select session_no, t, unnest(range(60)) as lag from sessions where session_no >= (select floor_no from run)) s
    join pairs p on p.t = s.t - s.lag
),
figures as (
    select session_no, factor_no_a, factor_no_b, count(*) as n_obs, covar_samp(ra, rb) as covariance,
        corr(ra, rb) as correlation, sum(0.06 * pow(0.94, age) * ra * rb) / (1 - pow(0.94, count(*))) as ewma_covariance
    from framed group by all
),
both_ways as (
    from figures
    union all
    select session_no, factor_no_b, factor_no_a, n_obs, covariance, correlation, ewma_covariance
    from figures where factor_no_a < factor_no_b
)
select s.session_no, a.k as factor_no_a, b.k as factor_no_b, coalesce(n_obs, 0)::int as n_obs,
    case when n_obs >= {MINIMUM_OBSERVATIONS} then covariance end as covariance,
    case when n_obs >= {MINIMUM_OBSERVATIONS} then correlation end as correlation,
    case when n_obs >= {MINIMUM_OBSERVATIONS} then ewma_covariance end as ewma_covariance
from (select session_no from sessions where session_no >= (select floor_no from run)) s
cross join (select unnest(range(1, 8)) as k) a cross join (select unnest(range(1, 8)) as k) b
left join both_ways on both_ways.session_no = s.session_no and factor_no_a = a.k and factor_no_b = b.k;
"""

_BOOKS = """
create table lots as
select lot_no, portfolio_no, symbol_id, quantity, entry_price, t as entry_t,
    case when quantity > 0 then 1 else 2 end as side
from in_lots join sessions on session_date = entry_date::date;

create table books as
select portfolio_no, equity, min(entry_t) as first_entry_t,
    greatest(min(entry_t), (select min(t) from sessions where session_no >= (select floor_no from run))) as first_t
from in_portfolios join lots using (portfolio_no) group by all;

-- one session more at the front of a portfolio, and the ends of the month and the year before it
create table valued as
with needed as (
    select portfolio_no, t, t >= first_t as is_output
    from books join sessions on t >= first_t - 1
    union
    select portfolio_no, anchor, false
    from books cross join lateral (
        select max(t) as anchor from sessions, (select session_date as d from sessions where t = first_t) f
        where sessions.session_date < date_trunc('year', f.d)
        union
        select max(t) from sessions, (select session_date as d from sessions where t = first_t) f
        where sessions.session_date < date_trunc('month', f.d)
    ) where anchor < first_t - 1
),
marks as (
    select symbol_id, t, last_value(close ignore nulls) over w as close, last_value(bar_t ignore nulls) over w as bar_t
    from (
        select symbol_id, t, b.close, b.t as bar_t
        from returns left join bars b using (symbol_id, t)
        where symbol_id in (select symbol_id from lots)
    )
    window w as (partition by symbol_id order by t)
),
priced as (
    select lots.*, needed.t, is_output, bar_t, close,
        coalesce((
            select product(ratio) from splits s
            where s.symbol_id = lots.symbol_id and s.t > entry_t and s.t <= needed.t
        ), 1) as ratio,
        coalesce((
            select product(ratio) from splits s
            where s.symbol_id = lots.symbol_id and s.t > bar_t and s.t <= needed.t
        ), 1) as bar_ratio
    from lots join needed on needed.portfolio_no = lots.portfolio_no and entry_t <= needed.t
    join marks on marks.symbol_id = lots.symbol_id and marks.t = needed.t
)
select lot_no, portfolio_no, side, symbol_id, t, is_output, quantity * ratio as quantity,
    entry_price / ratio as entry_price,
    close / bar_ratio as mark, bar_t = t as is_fresh, quantity * ratio * close / bar_ratio as market_value,
    market_value - quantity * entry_price as unrealized_pnl,
    case when t = entry_t then market_value - quantity * entry_price
        else market_value - lag(market_value) over (partition by lot_no order by t) end as daily_pnl
from priced;

create table totals as
with views as (select * from (values (0, 1), (0, 2), (1, 1), (2, 2)) v (view_no, side)),
sums as (
    select portfolio_no, view_no, t, sum(market_value) as market_value,
        sum(greatest(market_value, 0)) as long_exposure, sum(least(market_value, 0)) as short_exposure,
        sum(unrealized_pnl) as unrealized_pnl, sum(daily_pnl) as daily_pnl, count(*) as position_count
    from valued join views using (side) group by all
),
cells as (
    select portfolio_no, t, unnest(range(3)) as view_no from books join sessions on t >= first_t - 1
    union select portfolio_no, t, view_no from sums
)
select portfolio_no, view_no::int as view_no, t,
    coalesce(market_value, 0) as market_value, coalesce(long_exposure, 0) as long_exposure,
    coalesce(short_exposure, 0) as short_exposure, coalesce(unrealized_pnl, 0) as unrealized_pnl,
    coalesce(daily_pnl, 0) as daily_pnl, coalesce(position_count, 0)::int as position_count
from cells left join sums using (portfolio_no, view_no, t);

create table daily_views as
with anchored as (
    select s.t, s.session_no, s.session_date, max(m.t) as month_t, max(y.t) as year_t
    from sessions s
    left join (select max(t) as t, date_trunc('month', session_date) as d from sessions group by 2) m
        on m.d < date_trunc('month', s.session_date)
    left join (select max(t) as t, date_trunc('year', session_date) as d from sessions group by 2) y
        on y.d < date_trunc('year', s.session_date)
    group by all
)
select v.portfolio_no, v.view_no, v.t, a.session_no, a.session_date, equity + whole.unrealized_pnl as nav,
    v.market_value, v.long_exposure, v.short_exposure, v.unrealized_pnl, v.daily_pnl,
    v.unrealized_pnl - coalesce(m.unrealized_pnl, 0) as mtd_pnl,
    v.unrealized_pnl - coalesce(y.unrealized_pnl, 0) as ytd_pnl,
    case when equity + coalesce(b.unrealized_pnl, 0) > 0 and v.position_count > 0
        then v.daily_pnl / (equity + coalesce(b.unrealized_pnl, 0)) end as daily_return,
    v.position_count
from totals v
join books using (portfolio_no)
join anchored a on a.t = v.t
join totals whole on whole.portfolio_no = v.portfolio_no and whole.t = v.t and whole.view_no = 0
left join totals b on b.portfolio_no = v.portfolio_no and b.t = v.t - 1 and b.view_no = 0
left join totals m on m.portfolio_no = v.portfolio_no and m.view_no = v.view_no and m.t = a.month_t
left join totals y on y.portfolio_no = v.portfolio_no and y.view_no = v.view_no and y.t = a.year_t
where v.t >= first_t;
"""

_RISK = f"""
create table holdings as
select portfolio_no, side, t, symbol_id, sum(market_value) as exposure, sum(abs(market_value)) as gross
from valued
where is_output and t >= (select min(t) from sessions where session_no >= (select horizon_no from run)) group by all;

create table factor_sums as
with sides as (
    select portfolio_no, side, h.t, sum(gross) as gross,
        {
    _each('''
            sum(exposure * beta_{k}) as dollars_{k},
            sum(gross) filter (where beta_{k} is not null) as covered_{k},
            min(n_obs_{k}) filter (where beta_{k} is not null and gross > 0) as n_{k}
        ''')
}
    from holdings h join panel p on p.symbol_id = h.symbol_id and p.t = h.t group by all
)
select portfolio_no, view_no, t, sum(gross) as gross,
    {_each("sum(dollars_{k}) as dollars_{k}, sum(covered_{k}) as covered_{k}, min(n_{k}) as n_{k}")}
from sides join (values (0, 1), (0, 2), (1, 1), (2, 2)) v (view_no, side) using (side) group by all;

create table outputs as
select portfolio_no, view_no, t, session_no, session_date, nav, position_count from daily_views
where t >= (select min(t) from sessions where session_no >= (select horizon_no from run));

create table exposures as
with long as (
    {
    _each(
        '''
        select portfolio_no, view_no, t, {k} as factor_no, gross,
            dollars_{k} as dollars, covered_{k} as covered, n_{k} as n
        from factor_sums
    ''',
        " union all ",
    )
}
    union all select portfolio_no, view_no, t, 8, gross, null, null, null from factor_sums
),
stated as (
    select o.*, factor_no, l.gross, covered, n,
        case when coalesce(l.gross, 0) = 0 then 0 when coalesce(covered, 0) > 0 then dollars end as exposure_dollars
    from (select *, unnest(range(1, 9)) as factor_no from outputs) o
    left join long l using (portfolio_no, view_no, t, factor_no)
)
select portfolio_no, view_no, t, session_no, factor_no::int as factor_no, exposure_dollars / nav as exposure,
    exposure_dollars, coalesce(covered, 0) / nullif(gross, 0) as coverage, coalesce(n, 0)::int as n_obs
from stated;

create table spreads as
with parts as (
    select h.*, coalesce(p.n_obs >= 57, false) as takes_part
    from holdings h join panel p on p.symbol_id = h.symbol_id and p.t = h.t
),
views as (select * from (values (0, 1), (0, 2), (1, 1), (2, 2)) v (view_no, side)),
side_pnl as (
    select portfolio_no, side, p.t, r.t as past_t, sum(exposure * r) as pnl, count(r) as returned
    from (select *, unnest(range(60)) as lag from parts where takes_part) p
    join returns r on r.symbol_id = p.symbol_id and r.t = p.t - lag and r.r is not null
    group by all
),
totals as (
    select portfolio_no, view_no, t, sum(gross) as gross, coalesce(sum(gross) filter (where takes_part), 0) as covered,
        count(*) filter (where takes_part) as holding_count
    from parts join views using (side) group by all
),
pnl as (
    select portfolio_no, view_no, t, past_t, sum(pnl) as pnl, sum(returned) as returned
    from side_pnl join views using (side) group by all
)
select a.portfolio_no, a.view_no, a.t, a.gross, a.covered, count(pnl)::int as n_obs,
    case when count(pnl) >= {MINIMUM_OBSERVATIONS} then stddev_samp(pnl) end as spread
from totals a left join pnl p
    on p.portfolio_no = a.portfolio_no and p.view_no = a.view_no and p.t = a.t and p.returned = a.holding_count
group by all;

create table realized as
with chained as (
    select o.portfolio_no, o.view_no, o.t, v.t as past_t, v.daily_return as r,
        product(1 + v.daily_return) over (partition by o.portfolio_no, o.view_no, o.t order by v.t) as chain
    from (select *, unnest(range(90)) as lag from outputs) o
    join daily_views v on v.portfolio_no = o.portfolio_no and v.view_no = o.view_no and v.t = o.t - lag
    where v.daily_return is not null
),
peaks as (
    select *, greatest(1, max(chain) over (partition by portfolio_no, view_no, t order by past_t)) as peak from chained
),
figures as (
    select portfolio_no, view_no, t, count(*)::int as drawdown_n_obs,
        count(*) filter (where past_t >= t - 59)::int as n_obs,
        avg(r) filter (where past_t >= t - 59) as mean, stddev_samp(r) filter (where past_t >= t - 59) as spread,
        min(chain / peak - 1) as worst, min(past_t) - 1 as base_t,
        arg_min({{'t': past_t, 'peak': peak}}, chain / peak - 1 order by past_t) as trough
    from peaks group by all
),
turns as (
    select p.portfolio_no, p.view_no, p.t,
        min(p.past_t) filter (where p.past_t <= trough.t and chain = trough.peak) as peak_t,
        min(p.past_t) filter (where p.past_t > trough.t and chain >= trough.peak) as recovery_t
    from peaks p join figures f on f.portfolio_no = p.portfolio_no and f.view_no = p.view_no and f.t = p.t
    where worst < 0 group by all
)
select f.*, case when worst < 0 then trough.t end as trough_t, recovery_t,
    case when worst < 0 then case when trough.peak = 1 then base_t else peak_t end end as peak_t
from figures f left join turns using (portfolio_no, view_no, t);

create table risk as
select o.portfolio_no, o.view_no, o.session_no, e.exposure as beta,
    s.spread * sqrt(252) / nav as volatility_60d_annualized,
    case when coalesce(r.n_obs, 0) >= {MINIMUM_OBSERVATIONS} then r.spread * sqrt(252) end as realized_volatility_60d,
    case when coalesce(r.n_obs, 0) >= {MINIMUM_OBSERVATIONS} then r.mean / r.spread * sqrt(252) end as sharpe_ratio,
    case when r.drawdown_n_obs >= {MINIMUM_OBSERVATIONS} then worst end as max_drawdown_90d,
    case when r.drawdown_n_obs >= {MINIMUM_OBSERVATIONS} then p.session_date end as peak_date,
    case when r.drawdown_n_obs >= {MINIMUM_OBSERVATIONS} then t.session_date end as trough_date,
    case when r.drawdown_n_obs >= {MINIMUM_OBSERVATIONS} then c.session_date end as recovery_date,
    {_Z} * s.spread as var_95_1d, {_Z} * s.spread / nav as var_95_1d_pct, s.covered / nullif(s.gross, 0) as coverage,
    coalesce(s.n_obs, 0)::int as n_obs, coalesce(r.n_obs, 0)::int as realized_n_obs,
    coalesce(r.drawdown_n_obs, 0)::int as drawdown_n_obs
from outputs o
join exposures e on e.portfolio_no = o.portfolio_no and e.view_no = o.view_no and e.t = o.t and e.factor_no = 1
left join spreads s on s.portfolio_no = o.portfolio_no and s.view_no = o.view_no and s.t = o.t
left join realized r on o.position_count > 0 and r.portfolio_no = o.portfolio_no and r.view_no = o.view_no and r.t = o.t
left join sessions p on p.t = peak_t left join sessions t on t.t = trough_t left join sessions c on c.t = recovery_t;
"""

_RESULTS = {
    "security_panel": "panel",
    "security_daily_prices": "security_daily_prices",
    "factor_covariances": "factor_covariances",
    "position_daily_values": (
        "(select v.*, session_no, session_date from valued v join sessions using (t) where is_output)"
    ),
    "portfolio_daily_views": "daily_views",
    "portfolio_factor_exposures": "exposures",
    "portfolio_daily_risk": "risk",
}


def compute(data: Inputs) -> dict[str, Columns]:
    """All result tables."""
    con = duckdb.connect()
    con.execute("set threads = 2")
    portfolio_ids = data.portfolios["portfolio_id"]
    portfolio_no = {bytes(one): number for number, one in enumerate(portfolio_ids)}
    lots = {
        **{name: values for name, values in data.lots.items() if not name.endswith("_id") or name == "symbol_id"},
        "lot_no": np.arange(len(data.lots["symbol_id"])),
        "portfolio_no": np.array([portfolio_no[bytes(one)] for one in data.lots["portfolio_id"]], "i4"),
    }
    portfolios = {"portfolio_no": np.arange(len(portfolio_ids), dtype="i4"), "equity": data.portfolios["equity"]}
    inputs: dict[str, Columns] = {
        "in_bars": data.bars,
        "in_sessions": data.sessions,
        "in_splits": data.splits,
        "in_dividends": data.dividends,
        "in_lots": lots,
        "in_portfolios": portfolios,
        "etfs": {f"etf_{k}": np.array([id_]) for k, id_ in enumerate(data.etfs, 1)},
        "run": {"floor_no": np.array([data.floor_session_no]), "horizon_no": np.array([data.horizon_session_no])},
    }
    for name, columns in inputs.items():
        con.register(name, _frame(columns))
    has_books = len(portfolio_ids) > 0
    for script in (_MARKET, _PANEL, *((_BOOKS, _RISK) if has_books else ())):
        con.execute(script)
    return {
        name: _fetch(con, name, relation, data)
        for name, relation in _RESULTS.items()
        if has_books or name in SECURITY_TABLES
    }


def _frame(columns: Columns) -> pd.DataFrame:
    return pd.DataFrame(
        {name: values.astype("M8[s]") if values.dtype.kind == "M" else values for name, values in columns.items()},
        copy=False,
    )


def _fetch(con: duckdb.DuckDBPyConnection, name: str, relation: str, data: Inputs) -> Columns:
    types = types_of(name)
    expressions = {
        "portfolio_id": "portfolio_no",
        "view_name": "view_no",
        "position_id": "lot_no",
        "price_source": "is_fresh",
    }
    asked = ", ".join(f"{expressions[one]} as {one}" if one in expressions else one for one in types)
    found: dict[str, NDArray[Any]] = con.execute(f"select {asked} from {relation}").fetchnumpy()
    columns: Columns = {}
    for column, values in found.items():
        if column == "portfolio_id":
            values = data.portfolios["portfolio_id"][values]
        elif column == "position_id":
            values = data.lots["position_id"][values]
        elif column == "view_name":
            values = _VIEWS[values]
        elif column == "price_source":
            values = np.where(values, b"close", b"stale")
        elif types[column] == "date":
            values = np.ma.filled(values.astype("M8[D]"), np.datetime64("NaT", "D"))
        columns[column] = values
    return columns


def run(url: str) -> dict[str, float]:
    """Read, compute and write; seconds of each."""
    return timed(url, compute)

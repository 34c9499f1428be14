"""What the database holds of a client: the lots of the file, prices behind them, figures of every engine."""

import datetime as dt
import uuid
from collections.abc import Iterator

import psycopg

from accounts.checks import Check
from loaders.positions_csv.parse import ParsedFile, parse_positions

LEAST_COVERAGE = 0.95

_LOTS = """
select p.symbol, p.quantity, p.entry_price, p.entry_date, p.position_type,
    p.underlying_symbol, p.strike_price, p.expiration_date,
    array(
        select lower(t.name) from app.position_tags pt join app.tags t using (tag_id)
        where pt.position_id = p.position_id order by 1
    )
from app.positions p where p.portfolio_id = %s and p.removed_at is null
"""
_COVERAGE = """
with held as (
    select p.symbol, sum(abs(p.notional_exposure)) as dollars
    from marts.positions p where p.portfolio_id = %s and p.is_open
    group by p.symbol
),
covered as (
    select h.symbol, coalesce(h.dollars, 0) as dollars,
        coalesce(c.actual_90, 0) as actual, greatest(coalesce(c.expected_90, 90), 1) as expected
    from held h left join marts.data_coverage c using (symbol)
)
select count(*), sum(actual)::float8 / sum(expected),
    sum(dollars * actual / expected) / nullif(sum(dollars), 0),
    array_agg(symbol order by actual::float8 / expected, symbol) filter (where actual < expected)
from covered
"""
# an engine that publishes nothing for the market date has not run
_FIGURES = """
with run as (
    select r.run_id, r.market_date from ops.published_run p join ops.runs r using (run_id)
)
select run.market_date,
    (select count(*) from marts.position_daily_values d
     where d.portfolio_id = %(id)s and d.session_date = run.market_date),
    (select count(*) from marts.portfolio_greeks g
     where g.portfolio_id = %(id)s and g.session_date = run.market_date),
    (select count(*) from marts.portfolio_factor_exposures e
     where e.portfolio_id = %(id)s and e.session_date = run.market_date),
    (select count(*) from marts.portfolio_daily_snapshots s where s.portfolio_id = %(id)s),
    (select count(*) from marts.portfolio_daily_snapshots s
     where s.portfolio_id = %(id)s and s.session_date = run.market_date),
    (select array_agg(distinct r.view || ': ' || coalesce(r.reason, 'no reason given'))
     from marts.portfolio_daily_risk r
     where r.portfolio_id = %(id)s and r.session_date = run.market_date
         and r.status = 'unavailable' and r.view = 'portfolio'),
    (select count(*) from marts.portfolio_daily_risk r
     where r.portfolio_id = %(id)s and r.session_date = run.market_date),
    (select count(*) from marts.positions p where p.portfolio_id = %(id)s and p.is_open)
from run
"""
_CORE = ("position_values", "greeks", "factor_exposures", "snapshots", "risk_metrics")


def check_positions(conn: psycopg.Connection, user_id: uuid.UUID, portfolio_id: uuid.UUID) -> Check:
    """Whether the database holds the lots and tags of the file with which the client was taken on."""
    name = "positions are those of the file"
    kept = conn.execute(
        "select o.file_name, o.file_bytes, o.file_sha256,"
        " last_import.sha256, last_import.imported_at, o.started_at"
        " from app.onboardings o left join lateral ("
        "  select i.sha256, i.imported_at from app.imports i where i.portfolio_id = o.portfolio_id"
        "  order by i.imported_at desc limit 1) as last_import on true"
        " where o.user_id = %s",
        (user_id,),
    ).fetchone()
    held = conn.execute(
        "select count(*) from app.positions where portfolio_id = %s and removed_at is null", (portfolio_id,)
    ).fetchone()
    count = held[0] if held else 0
    if kept is None:
        return Check(name, count > 0, f"{count} lots; no file is kept to compare with", "import a file of positions")
    file_name, data, sha256, last_sha256, imported_at, started_at = kept
    if last_sha256 is not None and last_sha256 != sha256:
        return Check(name, count > 0, f"{count} lots; a later file replaced {file_name} on {imported_at:%Y-%m-%d}")
    parsed = parse_positions(data, file_name=file_name, today=started_at.date() + dt.timedelta(days=1))
    differences = list(differing_lots(conn, portfolio_id, parsed))
    if differences:
        shown = "; ".join(differences[:3]) + (f" and {len(differences) - 3} more" if len(differences) > 3 else "")
        return Check(name, False, shown, f"sigmasight import --portfolio {portfolio_id} {file_name}")
    return Check(name, True, f"{count} lots and their tags equal {file_name}")


def differing_lots(conn: psycopg.Connection, portfolio_id: uuid.UUID, parsed: ParsedFile) -> Iterator[str]:
    """Which lots of the file the database has otherwise, and which it has beside them."""
    found = {tuple(row[:1]) + tuple(row[2:4]): tuple(row) for row in conn.execute(_LOTS, (portfolio_id,))}
    for lot in parsed.rows:
        option = lot.option
        wanted = (
            *(lot.symbol, lot.quantity, lot.entry_price, lot.entry_date, lot.position_type),
            *((lot.underlying_symbol, option.strike, option.expiration) if option else (None, None, None)),
        )
        here = found.pop((lot.symbol, lot.entry_price, lot.entry_date), None)
        if here is None:
            yield f"line {lot.line}: {lot.symbol} is missing"
        elif here[:8] != wanted:
            yield f"line {lot.line}: {lot.symbol} differs"
        elif lot.tags is not None and here[8] != sorted({tag.lower() for tag in lot.tags}):
            yield f"line {lot.line}: {lot.symbol} has other tags"
    for symbol, *_ in found:
        yield f"{symbol} is not in the file"


def check_coverage(conn: psycopg.Connection, portfolio_id: uuid.UUID) -> Iterator[Check]:
    """Prices of what is held, over the last 90 sessions: by count and by value."""
    row = conn.execute(_COVERAGE, (portfolio_id,)).fetchone()
    assert row is not None
    symbols, by_count, by_value, gaps = row
    mend = f"sigmasight backfill --portfolio {portfolio_id}, then sigmasight coverage --portfolio {portfolio_id}"
    if not symbols:
        yield Check("coverage", False, "the portfolio holds nothing that is open", "import a file of positions")
        return
    lacking = f"; gaps: {', '.join(gaps[:3])}" + (" …" if len(gaps) > 3 else "") if gaps else ""
    for name, share in (("coverage by count", by_count), ("coverage by value", by_value)):
        found = "unknown" if share is None else f"{share:.1%} of the last 90 sessions, {symbols} symbols{lacking}"
        yield Check(name, share is not None and share > LEAST_COVERAGE, found, mend)


def check_engines(conn: psycopg.Connection, portfolio_id: uuid.UUID) -> Iterator[Check]:
    """Every engine, for the market date; those that keep account of themselves by that."""
    row = conn.execute(_FIGURES, {"id": portfolio_id}).fetchone()
    mend = f"sigmasight daily --portfolio {portfolio_id}"
    if row is None:
        yield Check("engines", False, "nothing was published yet", "sigmasight daily")
        return
    market_date, values, greeks, exposures, snapshots, today, unavailable, risk, open_lots = row
    told = _engine_states(conn)
    figures = {
        "position_values": (values > 0 or open_lots == 0, f"{values} lots"),
        "greeks": (greeks > 0, f"{greeks} views"),
        "factor_exposures": (exposures >= 8, f"{exposures} rows"),
        "snapshots": (today > 0, f"{snapshots} sessions up to {market_date}"),
        "risk_metrics": (risk > 0 and not unavailable, "; ".join(unavailable or ()) or f"{risk} views"),
    }
    for engine in (*_CORE, *sorted(set(told) - set(_CORE))):
        is_there, found = figures.get(engine, (True, ""))
        status, reason = told.get(engine, ("ok", None))
        shown = reason if status != "ok" else found
        yield Check(f"engine {engine}", is_there and status == "ok", f"{status}{', ' + shown if shown else ''}", mend)


def _engine_states(conn: psycopg.Connection) -> dict[str, tuple[str, str | None]]:
    """What the published run says of its engines."""
    rows = conn.execute(
        "select e.engine, e.status, e.reason from ops.run_engines e join ops.published_run p using (run_id)"
    )
    return {engine: (status, reason) for engine, status, reason in rows}

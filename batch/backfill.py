"""Fill gaps: what was never asked for, and once more the sessions of the last 90 that a symbol lacks; nothing else."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import psycopg

from loaders.market_data import load_market_data
from loaders.report import LoadReport
from sigmasight.progress import Progress
from sigmasight.settings import Settings

DATASETS = frozenset(("prices", "corporate-actions"))

# symbols that traded and lack sessions since, by the calendar; options have no whole range to ask for
_WITH_GAPS = """
with recent as (
    select s.session_date from raw.sessions s
    where s.session_date <= (
        select max(b.session_date) from raw.bars b join raw.securities x using (symbol_id)
        where x.symbol = 'SPY' and b.superseded_by_load is null
    )
    order by s.session_date desc limit 90
)
select x.symbol
from raw.securities x
cross join lateral (
    select min(b.session_date) as first_date from raw.bars b
    where b.symbol_id = x.symbol_id and b.superseded_by_load is null
) as life
where x.kind in ('stock', 'fund') and (%(symbols)s::text[] is null or x.symbol = any(%(symbols)s))
    and exists (
        select from recent r
        where r.session_date >= life.first_date and r.session_date < coalesce(x.delisted_on, 'infinity')
            and not exists (
                select from raw.bars b
                where b.symbol_id = x.symbol_id and b.session_date = r.session_date and b.superseded_by_load is null
            )
    )
order by x.symbol
"""


@dataclass(frozen=True)
class Backfilled:
    """symbols_processed: those that were asked for; symbols_failed: those that brought nothing usable, asked again by
    the next load; data_points_added: rows that were not known."""

    symbols_processed: list[str]
    symbols_failed: list[str]
    data_points_added: int
    report: LoadReport

    def as_json(self) -> dict[str, Any]:
        return {
            "symbols_processed": self.symbols_processed,
            "symbols_failed": self.symbols_failed,
            "data_points_added": self.data_points_added,
            **self.report.as_json(),
        }

    def lines(self) -> list[str]:
        """What a person reads."""
        return [
            f"symbols_processed: {len(self.symbols_processed)}{_shown(self.symbols_processed)}",
            f"symbols_failed: {len(self.symbols_failed)}{_shown(self.symbols_failed)}",
            f"data_points_added: {self.data_points_added:,}",
        ]


def backfill(
    conn: psycopg.Connection,
    settings: Settings,
    *,
    from_date: dt.date,
    symbols: Collection[str] | None = None,
    as_of: dt.date | None = None,
    progress: Progress,
) -> Backfilled:
    """Fill the gaps since `from_date` of what is held and of the factor ETFs. symbols: told of, None: of all.
    as_of: nothing later is loaded.

    The caller holds the single-flight lock.
    """
    wanted = None if symbols is None else sorted(symbols)
    row = conn.execute("select coalesce(max(fetch_id), 0) from raw.fetches").fetchone()
    assert row is not None
    gaps = [symbol for (symbol,) in conn.execute(_WITH_GAPS, {"symbols": wanted})]
    report = load_market_data(
        conn, settings, datasets=DATASETS, as_of=as_of, from_date=from_date, again=gaps, progress=progress
    )
    asked = conn.execute(
        "select distinct x.symbol from raw.fetches f join raw.securities x on f.subject in (x.symbol, x.vendor_symbol)"
        " where f.fetch_id > %s and f.outcome = 'answered' order by 1",
        (row[0],),
    ).fetchall()
    # a problem begins with the dataset and the symbol
    failed = {words[1].rstrip(":") for words in (problem.split() for problem in report.problems) if len(words) > 1}
    processed = [symbol for (symbol,) in asked if wanted is None or symbol in wanted]
    return Backfilled(
        processed,
        sorted(failed if wanted is None else failed & set(wanted)),
        report.rows_new + report.rows_restated,
        report,
    )


def _shown(symbols: list[str]) -> str:
    if not symbols:
        return ""
    more = f" and {len(symbols) - 8} more" if len(symbols) > 8 else ""
    return f" ({', '.join(symbols[:8])}{more})"

"""A reader that polls the marts without a pause and notes whatever no reader may ever see."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any, Self

import psycopg
from psycopg import sql

MARTS = (
    "portfolios",
    "positions",
    "security_daily_prices",
    "security_daily_betas",
    "security_daily_risk",
    "position_daily_values",
    "portfolio_daily_snapshots",
    "portfolio_daily_risk",
    "portfolio_factor_exposures",
    "portfolio_greeks",
    "factor_covariances",
    "data_coverage",
)
# written whole for a market date, by one run
OF_ONE_DATE = ("portfolio_daily_snapshots", "portfolio_daily_risk", "portfolio_factor_exposures", "portfolio_greeks")


class Reader:
    """Each look is one repeatable-read transaction over all marts. `looks` counts those that found something."""

    def __init__(self, url: str) -> None:
        self.looks = 0
        self.violations: list[str] = []
        self._url = url
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="reader")
        self._pointer = 0
        self._market_date = date.min
        # what the marts were under each pointer: under one pointer they never change
        self._contents: dict[int, tuple[Any, ...]] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._ended.set()
        self._thread.join()

    def _poll(self) -> None:
        while not self._ended.is_set():
            try:
                with psycopg.connect(self._url, connect_timeout=2) as conn:
                    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                    while not self._ended.is_set():
                        with conn.transaction():
                            self._look(conn)
                        self._ended.wait(0.25)
            except (psycopg.OperationalError, psycopg.InterfaceError):
                # the server is dead, starting, or has not been made yet
                self._ended.wait(0.1)
            except psycopg.Error as error:
                self.violations.append(f"a reader got an error: {error}")
                self._ended.wait(1)

    def _look(self, conn: psycopg.Connection) -> None:
        known = conn.execute("select to_regclass('ops.published_run') is not null").fetchone()
        found = conn.execute("select run_id from ops.published_run").fetchone() if known == (True,) else None
        if found is None:
            if self._pointer:
                self.violations.append(f"the pointer was at {self._pointer} and is gone")
            return
        pointer = int(found[0])
        if pointer < self._pointer:
            self.violations.append(f"the pointer went back from {self._pointer} to {pointer}")
        self._pointer = pointer
        contents = tuple(self._content(conn, mart, pointer) for mart in MARTS)
        if self._contents.setdefault(pointer, contents) != contents:
            changed = [
                mart for mart, old, new in zip(MARTS, self._contents[pointer], contents, strict=True) if old != new
            ]
            self.violations.append(f"under run {pointer} these changed: {', '.join(changed)}")
        self._one_date(conn, pointer)
        self.looks += 1

    def _content(self, conn: psycopg.Connection, mart: str, pointer: int) -> tuple[Any, ...]:
        row = conn.execute(
            sql.SQL("select count(*), max(run_id), sum(hashtextextended(m::text, 0)) from {} as m").format(
                sql.Identifier("marts", mart)
            )
        ).fetchone()
        assert row is not None
        if not row[0]:
            self.violations.append(f"marts.{mart} was empty under run {pointer}")
        elif row[1] > pointer:
            self.violations.append(f"marts.{mart} showed rows of run {row[1]} under run {pointer}")
        return row

    def _one_date(self, conn: psycopg.Connection, pointer: int) -> None:
        """Every portfolio's figures are of its market date, all of one run."""
        newest = sql.SQL(" union all ").join(
            sql.SQL("select {name} as mart, portfolio_id, session_date, run_id from {mart}").format(
                name=sql.Literal(mart), mart=sql.Identifier("marts", mart)
            )
            for mart in OF_ONE_DATE
        )
        rows = conn.execute(
            sql.SQL(
                "select p.portfolio_id, p.market_date, m.mart, max(m.session_date),"
                " array_agg(distinct m.run_id) filter (where m.session_date = p.market_date)"
                " from marts.portfolios p left join ({}) m using (portfolio_id) group by 1, 2, 3"
            ).format(newest)
        ).fetchall()
        writers: dict[Any, set[int]] = {}
        for portfolio_id, market_date, mart, session_date, runs in rows:
            if session_date != market_date:
                self.violations.append(f"run {pointer}: {portfolio_id} is of {market_date}, {mart} of {session_date}")
            writers.setdefault(portfolio_id, set()).update(runs or ())
            if market_date < self._market_date:
                self.violations.append(f"run {pointer}: the market date went back to {market_date}")
            self._market_date = max(self._market_date, market_date)
        for portfolio_id, runs in writers.items():
            if len(runs) > 1:
                self.violations.append(f"run {pointer}: figures of {portfolio_id} come from the runs {sorted(runs)}")

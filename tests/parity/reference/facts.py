"""What the outside world and the people said: the only input of the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from .constants import BENCHMARK

COLUMNS: dict[str, tuple[str, ...]] = {
    "sessions": ("session_no", "session_date"),
    "bars": ("symbol", "session_date", "open", "high", "low", "close", "volume", "source"),
    "splits": ("symbol", "execution_date", "split_from", "split_to"),
    "dividends": ("symbol", "ex_date", "cash_amount"),
    "short_interest": ("symbol", "settlement_date", "short_interest_shares"),
    "yields": ("yield_date", "tenor_months", "yield_percent"),
    "portfolios": ("portfolio_id", "name", "owner_email", "currency", "equity_balance", "created_at"),
    "lots": (
        "position_id",
        "portfolio_id",
        "symbol",
        "position_type",
        "quantity",
        "entry_price",
        "entry_date",
        "underlying_symbol",
        "option_type",
        "strike_price",
        "expiration_date",
    ),
    "exits": ("exit_id", "position_id", "exit_date", "quantity", "exit_price"),
    "flows": ("portfolio_id", "flow_date", "amount"),
    "tags": ("position_id", "tag"),
    "securities": ("symbol", "name", "sector", "industry", "is_universe", "kind", "support"),
    "incidents": ("kind", "symbol", "session_date"),
}
DATES = (
    "session_date",
    "execution_date",
    "ex_date",
    "settlement_date",
    "yield_date",
    "entry_date",
    "expiration_date",
    "exit_date",
    "flow_date",
    "yield_date",
)
NUMBERS = (
    "open",
    "high",
    "low",
    "close",
    "volume",
    "split_from",
    "split_to",
    "cash_amount",
    "short_interest_shares",
    "tenor_months",
    "yield_percent",
    "equity_balance",
    "quantity",
    "entry_price",
    "strike_price",
    "exit_price",
    "amount",
)

QUERIES: dict[str, str] = {
    "sessions": "select session_no, session_date from raw.sessions",
    "bars": """
        select s.symbol, b.session_date, b.open, b.high, b.low, b.close, b.volume, cast(b.source as text) as source
        from raw.bars b join raw.securities s using (symbol_id) where b.superseded_by_load is null""",
    "splits": """
        select s.symbol, p.execution_date, p.split_from, p.split_to
        from raw.splits p join raw.securities s using (symbol_id) where p.superseded_by_load is null""",
    "dividends": """
        select s.symbol, d.ex_date, d.cash_amount
        from raw.dividends d join raw.securities s using (symbol_id) where d.superseded_by_load is null""",
    "short_interest": """
        select s.symbol, i.settlement_date, i.short_interest_shares
        from raw.short_interest i join raw.securities s using (symbol_id) where i.superseded_by_load is null""",
    "yields": """
        select yield_date, tenor_months, yield_percent from raw.treasury_yields where superseded_by_load is null""",
    "portfolios": """
        select cast(p.portfolio_id as text) as portfolio_id, p.name, u.email as owner_email, p.currency,
            p.equity_balance, p.created_at
        from app.portfolios p join app.users u using (user_id)""",
    "lots": """
        select cast(position_id as text) as position_id, cast(portfolio_id as text) as portfolio_id, symbol,
            position_type, quantity, entry_price, entry_date, underlying_symbol, option_type, strike_price,
            expiration_date
        from app.positions where removed_at is null""",
    "exits": """
        select cast(exit_id as text) as exit_id, cast(position_id as text) as position_id, exit_date, quantity,
            exit_price
        from app.position_exits""",
    "flows": "select cast(portfolio_id as text) as portfolio_id, flow_date, amount from app.equity_flows",
    "tags": """
        select cast(pt.position_id as text) as position_id, t.name as tag
        from app.position_tags pt join app.tags t using (tag_id)""",
    "securities": "select symbol, name, sector, industry, is_universe, kind, support from raw.securities",
    # bars that were replaced or withdrawn, and what is still refused
    "incidents": """
        select 'restatement' as kind, s.symbol, b.session_date
        from raw.bars b join raw.securities s using (symbol_id) where b.superseded_by_load is not null
        union all
        select 'quarantine', q.subject, q.record_date from raw.quarantine q where q.released_by_load is null""",
}


def tidy(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The frame `name` with exactly its columns: dates as datetime64, numbers as float64, text as object."""
    frame = rows.copy()
    for column in COLUMNS[name]:
        if column not in frame:
            if name == "securities" and column == "is_universe":
                frame[column] = False
            elif name == "securities" and column in ("kind", "support"):
                frame[column] = "stock" if column == "kind" else "supported"
            elif name == "portfolios" and column in ("owner_email", "currency"):
                frame[column] = "USD" if column == "currency" else None
            else:
                raise ValueError(f"{name} lacks the column {column}")
        if column in DATES:
            frame[column] = pd.to_datetime(frame[column]).astype("datetime64[s]")
        elif column in NUMBERS:
            frame[column] = pd.to_numeric(frame[column].astype(object)).astype("float64")
    return frame.loc[:, list(COLUMNS[name])].reset_index(drop=True)


@dataclass(frozen=True)
class Facts:
    """Plain frames, columns as in COLUMNS; dates are datetime64, numbers float64, unknown is NaN, NaT or None."""

    sessions: pd.DataFrame
    bars: pd.DataFrame
    splits: pd.DataFrame
    dividends: pd.DataFrame
    short_interest: pd.DataFrame
    yields: pd.DataFrame
    portfolios: pd.DataFrame
    lots: pd.DataFrame
    exits: pd.DataFrame
    flows: pd.DataFrame
    tags: pd.DataFrame
    securities: pd.DataFrame
    incidents: pd.DataFrame
    market_date: pd.Timestamp
    risk_free_rate: float = 0.0
    greeks_source: str = "mock"

    @classmethod
    def from_frames(
        cls,
        frames: Mapping[str, pd.DataFrame],
        *,
        as_of: date | None = None,
        risk_free_rate: float = 0.0,
        greeks_source: str = "mock",
    ) -> Facts:
        """Facts from loose frames; a frame that is not given is empty. Raises ValueError without a benchmark bar."""
        tidied = {
            name: tidy(name, frames[name] if name in frames else pd.DataFrame(columns=list(columns), dtype=object))
            for name, columns in COLUMNS.items()
        }
        bars = tidied["bars"]
        known = bars["session_date"].isin(tidied["sessions"]["session_date"])
        if as_of is not None:
            known &= bars["session_date"] <= pd.Timestamp(as_of)
        bars = bars[known]
        benchmark = bars.loc[bars["symbol"] == BENCHMARK, "session_date"]
        if benchmark.empty:
            raise ValueError(f"no bar of {BENCHMARK}: there is no market date")
        market_date = benchmark.max()
        tidied["bars"] = bars[bars["session_date"] <= market_date].reset_index(drop=True)
        for name, column in (
            ("splits", "execution_date"),
            ("dividends", "ex_date"),
            ("short_interest", "settlement_date"),
            ("yields", "yield_date"),
        ):
            frame = tidied[name]
            tidied[name] = frame[frame[column] <= market_date].reset_index(drop=True)
        tidied["sessions"] = tidied["sessions"].sort_values("session_no").reset_index(drop=True)
        return cls(**tidied, market_date=market_date, risk_free_rate=risk_free_rate, greeks_source=greeks_source)

    @classmethod
    def from_database(
        cls,
        connection: Any,
        *,
        as_of: date | None = None,
        risk_free_rate: float = 0.0,
        greeks_source: str = "mock",
    ) -> Facts:
        """Facts as raw and app hold them today: current versions, lots that were not removed. `connection`: psycopg."""
        frames: dict[str, pd.DataFrame] = {}
        for name, query in QUERIES.items():
            with connection.cursor() as cursor:
                cursor.execute(query)
                names = [column.name for column in cursor.description]
                frames[name] = pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)
        return cls.from_frames(frames, as_of=as_of, risk_free_rate=risk_free_rate, greeks_source=greeks_source)

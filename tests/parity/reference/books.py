"""Portfolios as matrices of lots × sessions, and what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from .constants import VIEWS
from .facts import Facts
from .lots import Lot
from .market import Bools, Floats, Ints, Market


@dataclass(frozen=True)
class Book:
    """One portfolio; matrices are lots × sessions of the market, vectors have one value a session."""

    portfolio: pd.Series
    lots: Sequence[Lot]
    market: Market
    declared_equity: float
    gross_cost: float
    # dollars paid in less paid out at the open of each session, and before the first of them
    flows: Floats
    earlier_flows: float

    @property
    def portfolio_id(self) -> str:
        return str(self.portfolio["portfolio_id"])

    @property
    def equity_balance(self) -> float:
        return self.gross_cost if np.isnan(self.declared_equity) else self.declared_equity

    @property
    def equity_source(self) -> str:
        return "gross_cost" if np.isnan(self.declared_equity) else "declared"

    def matrix(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        return np.array(rows) if len(rows) else np.zeros((0, len(self.market.dates)))

    @cached_property
    def first_row(self) -> int:
        """The first entry session; that of the horizon when nothing has been entered."""
        return min((lot.entry_row for lot in self.lots), default=self.market.horizon)

    @property
    def kept_rows(self) -> range:
        """The sessions that figures are kept for."""
        return range(max(self.first_row, self.market.horizon), len(self.market.dates))

    @cached_property
    def is_open(self) -> Bools:
        return self.matrix([lot.is_open for lot in self.lots]).astype(bool)

    @cached_property
    def market_value(self) -> Floats:
        return self.matrix([lot.market_value for lot in self.lots])

    @cached_property
    def exposure(self) -> Floats:
        """e: 0 when not open, NaN when unknown."""
        return self.matrix([lot.delta_adjusted_exposure for lot in self.lots])

    @cached_property
    def daily_pnl(self) -> Floats:
        return self.matrix([lot.daily_pnl for lot in self.lots])

    @cached_property
    def gross_dollars(self) -> Floats:
        return self.matrix([lot.gross_dollars for lot in self.lots])

    @cached_property
    def total_pnl(self) -> Floats:
        """Cumulative P&L of the lots, open and settled."""
        return np.asarray(self.matrix([lot.unrealized_pnl + lot.realized_pnl for lot in self.lots]).sum(axis=0))

    @cached_property
    def unrealized_pnl(self) -> Floats:
        return np.asarray(self.matrix([lot.unrealized_pnl for lot in self.lots]).sum(axis=0))

    @cached_property
    def nav(self) -> Floats:
        return self.equity_balance + self.cumulative_flows + self.total_pnl

    @property
    def cumulative_flows(self) -> Floats:
        return self.earlier_flows + np.cumsum(self.flows)

    @cached_property
    def opening_nav(self) -> Floats:
        """NAV of the session before, with what was paid in and out at the open of the session."""
        pnl_before = np.concatenate([[0.0], self.total_pnl[:-1]])
        pnl_before[: self.first_row + 1] = 0.0
        return np.asarray(self.equity_balance + self.cumulative_flows + pnl_before)

    @cached_property
    def uses_old_mark(self) -> Bools:
        return self.matrix([lot.uses_old_mark for lot in self.lots]).astype(bool)

    @cached_property
    def risk_columns(self) -> Ints:
        """The market's column of each lot's risk symbol, -1 when it never had a bar."""
        return np.array([self.market.column.get(lot.risk_symbol, -1) for lot in self.lots], dtype=np.int64)

    def side(self, view: str) -> Bools:
        """Which lots belong to a view."""
        return np.array([lot.position_type in VIEWS[view] for lot in self.lots], dtype=bool)

    def daily_returns(self, view: str) -> Floats:
        """P&L of the view's lots over the opening NAV; NaN before the first entry or without positive NAV.

        A side has no return in a session in which none of its lots was held, settled or closed.
        """
        side = self.side(view)
        pnl = self.daily_pnl[side].sum(axis=0)
        rows = np.arange(len(pnl))
        exists = (rows >= self.first_row) & (self.opening_nav > 0)
        if view != "portfolio":
            ends = [lot.closed_row if lot.is_closed else lot.settlement_row for lot in self.lots]
            settles = self.matrix([lot.rows == end for lot, end in zip(self.lots, ends, strict=True)]).astype(bool)
            exists &= (self.is_open | settles)[side].any(axis=0)
        return np.where(exists, pnl / np.where(self.opening_nav > 0, self.opening_nav, np.nan), np.nan)


def build_books(facts: Facts, market: Market, lots: Sequence[Lot]) -> list[Book]:
    """All portfolios. Undeclared equity is the gross cost of every lot of the portfolio, whenever it is entered."""
    cost = facts.lots["quantity"].abs() * facts.lots["entry_price"]
    cost = cost * np.where(facts.lots["position_type"].isin(["LONG", "SHORT"]), 1.0, 100.0)
    gross_cost = cost.groupby(facts.lots["portfolio_id"]).sum()
    flows = facts.flows.assign(row=[market.row_on_or_after(day) for day in facts.flows["flow_date"].to_numpy()])
    of_portfolio = dict(iter(flows.groupby("portfolio_id")))

    def flow_rows(portfolio_id: str) -> tuple[Floats, float]:
        found = np.zeros(len(market.dates))
        earlier = 0.0
        own = of_portfolio.get(portfolio_id, flows.iloc[:0])
        for day, row, amount in zip(own["flow_date"].to_numpy(), own["row"], own["amount"], strict=True):
            if np.datetime64(day, "D") < market.dates[0]:
                earlier += amount
            elif row < len(found):
                found[row] += amount
        return found, earlier

    return [
        Book(
            portfolio=portfolio,
            lots=[lot for lot in lots if lot.portfolio_id == portfolio["portfolio_id"]],
            market=market,
            declared_equity=float(portfolio["equity_balance"]),
            gross_cost=float(gross_cost.get(portfolio["portfolio_id"], 0.0)),
            flows=flow_rows(portfolio["portfolio_id"])[0],
            earlier_flows=flow_rows(portfolio["portfolio_id"])[1],
        )
        for _, portfolio in facts.portfolios.iterrows()
    ]

"""Lots through time: when each is open, what it holds, its mark, value and P&L at every session."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .constants import GREEKS, MOCK_GREEKS, OPTION_MULTIPLIER, OPTION_TYPES
from .facts import Facts
from .greeks import Model, model_greeks
from .market import CLOSE, ENTRY, INTRINSIC, Bools, Floats, Ints, Market, Splits, mark_sources, newest_index


def option_symbol(underlying: str, expiration: pd.Timestamp, option_type: str, strike: float) -> str:
    """The OCC symbol without prefix and blanks; the strike to the cent, as exchanges round an adjusted one."""
    thousandths = round(round(strike, 2) * 1000)
    return f"{underlying}{expiration:%y%m%d}{option_type[0].upper()}{thousandths:08d}"


@dataclass(frozen=True)
class Exit:
    """One closing that took something of the lot: `row` is its session, `share` the part of the whole lot."""

    exit_id: str
    exit_date: np.datetime64
    row: int
    price: float
    # unsigned shares or contracts, as they were on the exit date
    quantity: float
    share: float
    held_share: float


@dataclass(frozen=True)
class Lot:
    """One lot over all sessions of the market; arrays have one value a session, in terms of that session."""

    position_id: str
    portfolio_id: str
    symbol: str
    position_type: str
    risk_symbol: str
    multiplier: int
    entered_quantity: float
    entered_price: float
    entry_date: np.datetime64
    entry_row: int
    # the last session on which it is held; beyond the last row for a stock
    last_row: int
    # the session whose P&L takes the settlement
    settlement_row: int
    intrinsic: float
    strike_price: float
    expiration_date: np.datetime64
    # of the whole lot, whatever of it was closed
    whole_quantity: Floats
    entry_price: Floats
    mark: Floats
    source: Ints
    underlying_mark: Floats
    underlying_source: Ints
    # an option whose underlying split otherwise than n for 1 while it was held: not adjusted, told
    unadjusted_split: Bools
    # Greeks by the model for one share held long, and what went in; None under mock Greeks and for stocks
    modelled: pd.DataFrame | None = None
    # in the order in which they take effect
    exits: tuple[Exit, ...] = ()

    @property
    def held_share(self) -> Floats:
        """The part of the lot that is still there at the close of each session."""
        share = np.ones(len(self.mark))
        for one in self.exits:
            share[one.row :] = one.held_share
        return share

    @property
    def quantity(self) -> Floats:
        return np.asarray(self.whole_quantity * self.held_share)

    @property
    def closed_row(self) -> int:
        """The session on which the last of it was closed; beyond the last row when it was not."""
        return next((one.row for one in self.exits if one.held_share == 0), len(self.mark))

    @property
    def is_closed(self) -> bool:
        return self.closed_row < len(self.mark)

    def exit_proceeds(self, one: Exit) -> float:
        return math.copysign(one.quantity * self.multiplier * one.price, self.entered_quantity)

    @property
    def proceeds(self) -> Floats:
        """Dollars received (paid for a short lot) on each session."""
        dollars = np.zeros(len(self.mark))
        for one in self.exits:
            dollars[one.row] += self.exit_proceeds(one)
        return dollars

    @property
    def closed_share(self) -> Floats:
        """The part of the lot that was closed on each session."""
        share = np.zeros(len(self.mark))
        for one in self.exits:
            share[one.row] += one.share
        return share

    @property
    def is_option(self) -> bool:
        return self.position_type in OPTION_TYPES

    @property
    def rows(self) -> Ints:
        return np.arange(len(self.mark))

    @property
    def is_open(self) -> Bools:
        lives = (self.rows >= self.entry_row) & (self.rows <= self.last_row)
        return np.asarray(lives & (self.rows < self.closed_row))

    @property
    def is_settled(self) -> Bools:
        return np.asarray((self.rows >= self.settlement_row) & (not self.is_closed))

    @property
    def cost_basis(self) -> float:
        return self.entered_quantity * self.multiplier * self.entered_price

    @property
    def market_value(self) -> Floats:
        """Signed dollars while open, 0 otherwise."""
        return np.where(self.is_open, self.quantity * self.multiplier * self.mark, 0.0)

    @property
    def unrealized_pnl(self) -> Floats:
        return np.where(self.is_open, self.quantity * self.multiplier * (self.mark - self.entry_price), 0.0)

    @property
    def realized_pnl(self) -> Floats:
        price = self.entry_price[min(max(self.last_row, 0), len(self.mark) - 1)]
        gain = self.held_quantity * self.multiplier * (self.intrinsic - price)
        closed = np.cumsum(self.proceeds - self.closed_share * self.cost_basis)
        return closed + np.where(self.is_settled, gain, 0.0)

    @property
    def held_quantity(self) -> float:
        """What is held at the market date, or was when it expired; the whole lot once it is closed."""
        whole = float(self.whole_quantity[min(max(self.last_row, 0), len(self.mark) - 1)])
        if self.is_closed:
            return float(self.whole_quantity[self.closed_row])
        return whole * float(self.held_share[-1])

    @property
    def daily_pnl(self) -> Floats:
        """P&L of each session: from the entry price, then from the session before, at last the settlement.

        What is closed on a session earns its price less that of the session before (its entry price on the entry
        session); what is held after it, the price of the session."""
        share = self.quantity * self.multiplier
        before = np.full(len(self.mark), np.nan)
        # the mark of the session before, in terms of this one
        before[1:] = self.mark[:-1] * (self.whole_quantity[:-1] / self.whole_quantity[1:])
        before = np.where(self.rows == self.entry_row, self.entry_price, before)
        pnl = np.where(self.is_open, share * (self.mark - before), 0.0)
        for row in {one.row for one in self.exits}:
            sold = self.closed_share[row] * self.whole_quantity[row] * self.multiplier
            pnl[row] += self.proceeds[row] - sold * before[row]
        if self.settlement_row < len(pnl) and not self.is_closed:
            held_before = self.settlement_row > self.entry_row
            price = self.mark[self.last_row] if held_before else self.entry_price[self.last_row]
            pnl[self.settlement_row] += self.held_quantity * self.multiplier * (self.intrinsic - price)
        return pnl

    @property
    def gross_dollars(self) -> Floats:
        """The dollars that a day's P&L is the small difference of."""
        value = np.abs(np.where(self.rows >= self.entry_row, self.whole_quantity * self.multiplier * self.mark, 0.0))
        gross = value + abs(self.cost_basis)
        gross[1:] += value[:-1]
        return np.asarray(gross + np.cumsum(np.abs(self.proceeds)))

    @property
    def delta_adjusted_exposure(self) -> Floats:
        """Signed dollars; 0 when not open, NaN where the underlying has no price."""
        if not self.is_option:
            return self.market_value
        return np.where(self.is_open, self.greek(0) * self.underlying_mark, 0.0)

    def greek(self, index: int) -> Floats:
        """Total of delta, gamma, theta, vega or rho (0 … 4) at each session; 0 when not open, NaN when unknown."""
        if self.is_option and self.modelled is not None:
            total = self.modelled[GREEKS[index]].to_numpy() * self.quantity * OPTION_MULTIPLIER
        elif self.is_option and GREEKS[index] == "rho":
            total = np.full_like(self.quantity, np.nan)
        elif self.is_option:
            total = MOCK_GREEKS[self.position_type][index] * np.abs(self.quantity) * OPTION_MULTIPLIER
        else:
            total = self.quantity if index == 0 else np.zeros_like(self.quantity)
        return np.where(self.is_open, total, 0.0)

    @property
    def uses_old_mark(self) -> Bools:
        """Open with a mark (its own or the underlying's) last_known or entry, or with terms that a split left open."""
        old = (self.source > CLOSE + 1) & (self.source != INTRINSIC)
        if self.is_option:
            old = old | (self.underlying_source > CLOSE + 1) | self.unadjusted_split
        return np.asarray(self.is_open & old)


def option_closes(market: Market, lot: pd.Series, splits: Splits) -> Floats:
    """The closes of an option lot as traded, from the bars of the symbol that it had at each session."""
    closes = market.column_of(market.close, lot["symbol"]).copy()
    strike = float(lot["strike_price"])
    for day, ratio in zip(splits.dates, splits.ratios, strict=True):
        strike /= ratio
        symbol = option_symbol(lot["underlying_symbol"], lot["expiration_date"], lot["option_type"], strike)
        first = market.row_on_or_after(day)
        closes[first:] = market.column_of(market.close, symbol)[first:]
    return closes


def intrinsic_value(option_type: str, underlying: float, strike: float) -> float:
    return max(underlying - strike, 0.0) if option_type == "call" else max(strike - underlying, 0.0)


def build_exits(market: Market, lot: pd.Series, entry_row: int, splits: Splits, given: pd.DataFrame) -> Iterable[Exit]:
    """What each closing takes of a lot, in order, never more than it holds; those after the market date are not yet."""
    entered = abs(float(lot["quantity"]))
    held = entered
    dated = [
        (max(entry_row, market.row_on_or_after(np.datetime64(one["exit_date"], "D"))), one)
        for _, one in given.sort_values(["exit_date", "exit_price"]).iterrows()
        if pd.isna(lot["expiration_date"]) or one["exit_date"] <= lot["expiration_date"]
    ]
    for row, one in dated:
        if row >= len(market.dates) or held == 0:
            continue
        day = np.datetime64(one["exit_date"], "D")
        # new shares for each one entered, on the day of the closing
        grown = float(splits.product_until(np.array([day]))[0])
        asked = held if pd.isna(one["quantity"]) else float(one["quantity"]) / grown
        taken = held if (held - asked) * grown < 1e-7 else asked
        held = held - taken
        yield Exit(
            str(one["exit_id"]), day, row, float(one["exit_price"]), taken * grown, taken / entered, held / entered
        )


def build_lot(market: Market, row: pd.Series, exits: pd.DataFrame, model: Model | None = None) -> Lot:
    """One lot from its facts."""
    is_option = row["position_type"] in OPTION_TYPES
    entry_date = np.datetime64(row["entry_date"], "D")
    end = len(market.dates)
    entry_row = market.row_on_or_after(entry_date)
    risk_symbol = str(row["underlying_symbol"] if is_option else row["symbol"])
    all_splits = market.splits_of(risk_symbol)
    last_row, expiration_date = end, np.datetime64("NaT")
    if is_option:
        expiration_date = np.datetime64(row["expiration_date"], "D")
        if expiration_date < market.dates[-1]:
            last_row = market.row_on_or_before(expiration_date)
    last_day = market.dates[min(max(last_row, 0), end - 1)]
    seen = all_splits.between(entry_date, last_day)
    splits = seen.whole() if is_option else seen
    grown = splits.product_until(np.minimum(market.dates, last_day))
    quantity = float(row["quantity"]) * grown
    entry_price = float(row["entry_price"]) / grown

    closes = option_closes(market, row, splits) if is_option else market.column_of(market.close, risk_symbol)
    # options are restated only for what they are adjusted for
    product = (all_splits.whole() if is_option else all_splits).product_until(market.dates)
    newest = newest_index(~np.isnan(closes))
    source = mark_sources(newest)
    older = np.maximum(newest, 0)
    mark = np.where(source == ENTRY, entry_price, closes[older] * (product[older] / product))

    underlying_mark = market.column_of(market.marks, risk_symbol)
    modelled = None
    if is_option and model is not None:
        strikes = float(row["strike_price"]) / grown
        symbols = [
            str(row["symbol"])
            if strike == row["strike_price"]
            else option_symbol(row["underlying_symbol"], row["expiration_date"], row["option_type"], strike)
            for strike in strikes
        ]
        modelled = model_greeks(model, row, symbols, strikes, underlying_mark)
    strike, intrinsic, settlement_row = np.nan, np.nan, end
    if is_option:
        strike = float(row["strike_price"]) / float(grown[-1])
        if last_row < end:
            settlement_row = max(last_row + 1, entry_row)
            price = underlying_mark[last_row] if last_row >= 0 else np.nan
            own = float(mark[last_row]) if last_row >= 0 else float(entry_price[0])
            intrinsic = own if math.isnan(price) else intrinsic_value(row["option_type"], float(price), strike)
    others = len(seen.dates) - len(splits.dates)
    first_other = min((d for d in seen.dates if d not in splits.dates), default=None) if others else None
    unadjusted = market.dates >= first_other if first_other is not None else np.zeros(end, dtype=bool)
    return Lot(
        position_id=str(row["position_id"]),
        portfolio_id=str(row["portfolio_id"]),
        symbol=str(row["symbol"]),
        position_type=str(row["position_type"]),
        risk_symbol=risk_symbol,
        multiplier=OPTION_MULTIPLIER if is_option else 1,
        entered_quantity=float(row["quantity"]),
        entered_price=float(row["entry_price"]),
        entry_date=entry_date,
        entry_row=entry_row,
        last_row=last_row,
        settlement_row=settlement_row,
        intrinsic=intrinsic,
        strike_price=strike,
        expiration_date=expiration_date,
        whole_quantity=quantity,
        entry_price=entry_price,
        mark=mark,
        source=source,
        underlying_mark=underlying_mark,
        underlying_source=market.sources_of(risk_symbol),
        unadjusted_split=unadjusted,
        exits=tuple(build_exits(market, row, entry_row, splits, exits)),
        modelled=modelled,
    )


def build_lots(facts: Facts, market: Market) -> list[Lot]:
    """Every lot that has been entered by the market date, in a stable order."""
    ordered = facts.lots.sort_values(["portfolio_id", "symbol", "entry_date", "entry_price"])
    model = Model(facts, market) if facts.greeks_source == "model" else None
    exits = dict(iter(facts.exits.groupby("position_id")))
    none = facts.exits.iloc[:0]
    lots = [build_lot(market, row, exits.get(row["position_id"], none), model) for _, row in ordered.iterrows()]
    return [lot for lot in lots if lot.entry_row < len(market.dates)]

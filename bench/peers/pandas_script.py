"""Everything with pandas and numpy: wide frames, rolling sums, matrix products; nothing row by row."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.peers.transport import MINIMUM_OBSERVATIONS, Inputs, timed
from bench.pg_binary import Columns

_WINDOW, _DRAWDOWN = 60, 90
_Z = 1.6448536269514722
_VIEWS = ("portfolio", "longs", "shorts")
Wide = NDArray[np.float64]


class Market:
    """Wide arrays by session and symbol."""

    def __init__(self, data: Inputs) -> None:
        self.first_no = int(data.sessions["session_no"][0])
        self.days: NDArray[Any] = data.sessions["session_date"]
        close = pd.DataFrame(
            {
                "t": np.searchsorted(self.days, data.bars["session_date"]),
                "s": data.bars["symbol_id"],
                "c": data.bars["close"],
            }
        ).pivot(index="t", columns="s", values="c")
        self.ids: NDArray[Any] = close.columns.to_numpy()
        close = close.reindex(range(len(self.days)))
        self.close: Wide = close.to_numpy()
        ratio = np.ones_like(self.close)
        at = self._cells(data.splits["symbol_id"], data.splits["execution_date"])
        np.multiply.at(ratio, at, data.splits["ratio"])
        # factor: product of the ratios after the session
        later = np.cumprod(ratio[::-1], axis=0)[::-1]
        self.factor: Wide = np.vstack([later[1:], np.ones((1, len(self.ids)))])
        self.adjusted: Wide = self.close / self.factor
        self.returns: Wide = np.full_like(self.close, np.nan)
        self.returns[1:] = self.close[1:] * ratio[1:] / self.close[:-1] - 1
        has_bar = np.isfinite(self.close)
        self.has_bar = has_bar
        self.started = np.maximum.accumulate(has_bar, axis=0)
        cash = np.zeros_like(self.close)
        np.add.at(cash, self._cells(data.dividends["symbol_id"], data.dividends["ex_date"]), data.dividends["cash"])
        self.total_returns = self.returns + cash * (1 + self.returns) / self.close
        self.etfs = np.searchsorted(self.ids, data.etfs)

    def _cells(self, symbol_ids: NDArray[Any], days: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        return np.searchsorted(self.days, days), np.searchsorted(self.ids, symbol_ids)


def _rolling_sum(values: Wide, window: int = _WINDOW) -> Wide:
    sums: Wide = pd.DataFrame(values).rolling(window, min_periods=1).sum().to_numpy()
    return sums


def _panel(market: Market) -> dict[str, Wide]:
    y, present = np.nan_to_num(market.returns), np.isfinite(market.returns)
    n = _rolling_sum(present.astype(float))
    sum_y, sum_yy = _rolling_sum(y), _rolling_sum(y * y)
    enough = n >= MINIMUM_OBSERVATIONS
    with np.errstate(invalid="ignore", divide="ignore"):
        syy = np.maximum(sum_yy - sum_y * sum_y / n, 0)
        out = {
            "n_obs": n,
            "volatility_60d_annualized": np.where(enough, np.sqrt(syy / (n - 1) * 252), np.nan),
        }
        # where no return is missing the factor's own sums depend on the session alone
        holes = ~present[1:].all(axis=0)
        for k, etf in enumerate(market.etfs, 1):
            x = y[:, [etf]]
            sum_x = np.broadcast_to(_rolling_sum(x), y.shape).copy()
            sum_xx = np.broadcast_to(_rolling_sum(x * x), y.shape).copy()
            masked = np.where(present[:, holes], x, 0)
            sum_x[:, holes] = _rolling_sum(masked)
            sum_xx[:, holes] = _rolling_sum(masked * masked)
            sxx = np.maximum(sum_xx - sum_x * sum_x / n, 0)
            sxy = _rolling_sum(y * x) - sum_x * sum_y / n
            beta = np.where(enough, sxy / sxx, np.nan)
            out[f"n_obs_{k}"] = n
            out[f"beta_{k}"] = beta
            out[f"r_squared_{k}"] = np.minimum(sxy * beta / syy, 1)
            out[f"std_error_{k}"] = np.sqrt(np.maximum(syy - beta * sxy, 0) / (n - 2) / sxx)
    drawdown_n = _rolling_sum(present.astype(float), _DRAWDOWN)
    out["drawdown_n_obs"] = drawdown_n
    out["max_drawdown_90d"] = np.where(drawdown_n >= MINIMUM_OBSERVATIONS, _drawdown(market, y), np.nan)
    return out


def _drawdown(market: Market, y: Wide) -> Wide:
    """The worst fall within 90 returns, by passes over the lag: the running peak of every frame at once."""
    level = np.cumprod(1 + y, axis=0)
    level[~market.started] = np.nan
    sessions = len(level)
    padded = np.vstack([np.full((_DRAWDOWN, level.shape[1]), np.nan), level])
    peak = padded[:sessions].copy()
    worst = np.zeros_like(level)
    buffer = np.empty_like(level)
    for lag in range(_DRAWDOWN - 1, -1, -1):
        now = padded[_DRAWDOWN - lag : _DRAWDOWN - lag + sessions]
        np.fmax(peak, now, out=peak)
        np.divide(now, peak, out=buffer)
        buffer -= 1
        np.fmin(worst, buffer, out=worst)
    return worst


def covariances(factors: Wide, first: int, first_no: int) -> Columns:
    """The pairs of the factors' returns (session, factor), from session index `first` on; `first_no`: of index 0."""
    count = factors.shape[1]
    returns = np.vstack([np.full((_WINDOW - 1, count), np.nan), factors])[first:]
    frames = np.lib.stride_tricks.sliding_window_view(np.nan_to_num(returns), _WINDOW, axis=0)
    seen = np.lib.stride_tricks.sliding_window_view(np.isfinite(returns), _WINDOW, axis=0)
    # every factor trades every session but the first, so all pairs have the same number
    n = seen[:, 0].sum(axis=1)[:, None, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = np.where(seen, frames - frames.sum(axis=2, keepdims=True) / n, 0)
        covariance = np.einsum("tak,tbk->tab", centred, centred) / (n - 1)
        decayed = frames * 0.94 ** np.arange(_WINDOW)[::-1]
        ewma = 0.06 * np.einsum("tak,tbk->tab", frames, decayed) / (1 - 0.94**n)
    covariance[n[:, 0, 0] < MINIMUM_OBSERVATIONS] = np.nan
    ewma[n[:, 0, 0] < MINIMUM_OBSERVATIONS] = np.nan
    deviation = np.sqrt(np.einsum("taa->ta", covariance))
    sessions = len(covariance)
    shape = (sessions, count, count)
    numbers = np.arange(1, count + 1)
    return {
        "session_no": np.repeat(first_no + first + np.arange(sessions), count * count).astype("i4"),
        "factor_no_a": np.broadcast_to(numbers[None, :, None], shape).ravel().astype("i4"),
        "factor_no_b": np.broadcast_to(numbers[None, None, :], shape).ravel().astype("i4"),
        "covariance": covariance.ravel(),
        "correlation": (covariance / deviation[:, :, None] / deviation[:, None, :]).ravel(),
        "ewma_covariance": ewma.ravel(),
        "n_obs": np.broadcast_to(n, shape).ravel().astype("i4"),
    }


class Books:
    """The lots by session and lot, from session index `first` on; one session more in front for what came before."""

    def __init__(self, data: Inputs, market: Market) -> None:
        lots = data.lots
        self.symbol = np.searchsorted(market.ids, lots["symbol_id"])
        self.portfolio = np.searchsorted(data.portfolios["portfolio_id"].view("S16"), lots["portfolio_id"].view("S16"))
        self.entry = np.searchsorted(market.days, lots["entry_date"])
        self.is_long = lots["quantity"] > 0
        sessions = np.arange(len(market.days))[:, None]
        self.held = sessions >= self.entry[None, :]
        filled = pd.DataFrame(market.adjusted).ffill().to_numpy()
        mark = (filled * market.factor)[:, self.symbol]
        factor = market.factor[:, self.symbol]
        since = factor[self.entry, np.arange(len(self.entry))]
        quantity = lots["quantity"] * since / factor
        cost = lots["quantity"] * lots["entry_price"]
        self.quantity, self.mark = quantity, mark
        self.entry_price = lots["entry_price"] * factor / since
        self.value = np.where(self.held, quantity * mark, 0)
        self.unrealized = np.where(self.held, self.value - cost, 0)
        self.daily = np.diff(self.unrealized, axis=0, prepend=0)
        self.fresh = market.has_bar[:, self.symbol]

    def by_view(self, values: Wide, portfolios: int) -> Wide:
        """Sums over lots: (portfolio, view, session)."""
        out = np.zeros((portfolios, 3, len(values)))
        for number in range(portfolios):
            mine = self.portfolio == number
            out[number, 1] = values[:, mine & self.is_long].sum(axis=1)
            out[number, 2] = values[:, mine & ~self.is_long].sum(axis=1)
        out[:, 0] = out[:, 1] + out[:, 2]
        return out


def _series(frame: Wide, first: NDArray[Any]) -> NDArray[Any]:
    """Which cells of (portfolio, view, session) are published: from each portfolio's first session on."""
    sessions = np.arange(frame.shape[2])
    return np.broadcast_to(sessions[None, None, :] >= first[:, None, None], frame.shape)


def compute(data: Inputs) -> dict[str, Columns]:
    """All result tables."""
    market = Market(data)
    panel = _panel(market)
    out: dict[str, Columns] = {}
    t, s = np.nonzero(market.started)
    order = np.lexsort((t, s))
    t, s = t[order], s[order]
    out["security_panel"] = {
        "symbol_id": market.ids[s],
        "session_no": (market.first_no + t).astype("i4"),
        "session_date": market.days[t],
        "has_bar": market.has_bar[t, s],
        "daily_return": market.returns[t, s],
        **{name: values[t, s].astype("i2") if "n_obs" in name else values[t, s] for name, values in panel.items()},
    }
    bars = data.bars
    t = np.searchsorted(market.days, bars["session_date"])
    s = np.searchsorted(market.ids, bars["symbol_id"])
    out["security_daily_prices"] = {
        **bars,
        "session_no": (market.first_no + t).astype("i4"),
        "split_adjusted_close": market.adjusted[t, s],
        "daily_return": market.returns[t, s],
        "total_return": market.total_returns[t, s],
    }
    floor = max(0, data.floor_session_no - market.first_no)
    out["factor_covariances"] = covariances(market.returns[:, market.etfs], floor, market.first_no)
    if len(data.portfolios["portfolio_id"]):
        _portfolios(data, market, panel, out)
    return out


def _portfolios(data: Inputs, market: Market, panel: dict[str, Wide], out: dict[str, Columns]) -> None:
    books = Books(data, market)
    ids = data.portfolios["portfolio_id"]
    count = len(ids)
    floor = max(0, data.floor_session_no - market.first_no)
    horizon = data.horizon_session_no - market.first_no
    first_entry = np.array([books.entry[books.portfolio == number].min() for number in range(count)])
    first = np.maximum(first_entry, floor)

    t, lot = np.nonzero(books.held & (np.arange(len(market.days))[:, None] >= first[books.portfolio][None, :]))
    out["position_daily_values"] = {
        "portfolio_id": data.lots["portfolio_id"][lot],
        "session_no": (market.first_no + t).astype("i4"),
        "position_id": data.lots["position_id"][lot],
        "session_date": market.days[t],
        "symbol_id": data.lots["symbol_id"][lot],
        "quantity": books.quantity[t, lot],
        "entry_price": books.entry_price[t, lot],
        "mark": books.mark[t, lot],
        "price_source": np.where(books.fresh[t, lot], b"close", b"stale"),
        "market_value": books.value[t, lot],
        "daily_pnl": books.daily[t, lot],
        "unrealized_pnl": books.unrealized[t, lot],
    }

    value, total = books.by_view(books.value, count), books.by_view(books.unrealized, count)
    daily = books.by_view(books.daily, count)
    long_ = books.by_view(np.maximum(books.value, 0), count)
    short = books.by_view(np.minimum(books.value, 0), count)
    held_count = books.by_view(books.held.astype(float), count)
    nav = data.portfolios["equity"][:, None] + total[:, 0]
    before = np.concatenate([data.portfolios["equity"][:, None], nav[:, :-1]], axis=1)
    returns = np.where((before[:, None] > 0) & (held_count > 0), daily / before[:, None], np.nan)
    returns[~_series(returns, first)] = np.nan

    def since(unit: str) -> Wide:
        period = market.days.astype(f"M8[{unit}]")
        anchor = np.searchsorted(period, period) - 1
        return total - np.where(anchor >= 0, total[:, :, anchor], 0)

    # sessions before the first entry have no row, those without a lot of the view have one
    p, v, t = np.nonzero(_series(value, first))
    out["portfolio_daily_views"] = {
        "portfolio_id": ids[p],
        "view_name": np.array(_VIEWS, "S12")[v],
        "session_no": (market.first_no + t).astype("i4"),
        "session_date": market.days[t],
        "nav": nav[p, t],
        "market_value": value[p, v, t],
        "long_exposure": long_[p, v, t],
        "short_exposure": short[p, v, t],
        "unrealized_pnl": total[p, v, t],
        "daily_pnl": daily[p, v, t],
        "mtd_pnl": since("M")[p, v, t],
        "ytd_pnl": since("Y")[p, v, t],
        "daily_return": returns[p, v, t],
        "position_count": held_count[p, v, t].astype("i4"),
    }
    _risk(data, market, panel, books, nav, returns, held_count, np.maximum(first, horizon), out)


def _risk(
    data: Inputs,
    market: Market,
    panel: dict[str, Wide],
    books: Books,
    nav: Wide,
    returns: Wide,
    held_count: Wide,
    first: NDArray[Any],
    out: dict[str, Columns],
) -> None:
    count, symbols = len(first), len(market.ids)
    sessions = np.arange(int(first.min()), len(market.days))
    # exposures by (session, portfolio and side, symbol)
    signed = np.zeros((len(sessions), 2 * count, symbols))
    absolute = np.zeros_like(signed)
    for lot, (side, symbol) in enumerate(zip(books.portfolio * 2 + ~books.is_long, books.symbol, strict=True)):
        signed[:, side, symbol] += books.value[sessions, lot]
        absolute[:, side, symbol] += np.abs(books.value[sessions, lot])

    def views(sides: Wide, join: Any = np.add) -> Wide:
        """(session, portfolio and side) → (portfolio, view, session)."""
        pairs = sides.reshape(len(sessions), count, 2).transpose(1, 2, 0)
        return np.concatenate([join(pairs[:, :1], pairs[:, 1:]), pairs], axis=1)

    gross = views(absolute.sum(axis=2))
    exposures, coverages, numbers = [], [], []
    for k in range(1, len(market.etfs) + 1):
        beta = panel[f"beta_{k}"][sessions]
        known = np.isfinite(beta)
        exposures.append(views(np.einsum("tps,ts->tp", signed, np.nan_to_num(beta))))
        coverages.append(views(np.einsum("tps,ts->tp", absolute, known.astype(float))))
        n = np.where((absolute > 0) & known[:, None, :], panel[f"n_obs_{k}"][sessions][:, None, :], np.inf)
        numbers.append(views(n.min(axis=2), np.minimum))
    empty = np.full_like(gross, np.nan)
    dollars = np.stack([*exposures, empty], axis=-1)
    covered = np.stack([*coverages, np.zeros_like(gross)], axis=-1)
    observed = np.stack([*numbers, np.full_like(gross, np.inf)], axis=-1)
    observed[np.isinf(observed)] = 0
    dollars[(covered == 0) & (gross[..., None] > 0)] = np.nan
    dollars[gross == 0] = 0

    # what today's holdings would have earned
    y = np.nan_to_num(market.returns)
    missing = ~np.isfinite(market.returns)
    pnl = np.empty((count, 3, len(sessions), _WINDOW))
    holes = np.empty_like(pnl)
    taken_gross = np.empty_like(gross)
    for number, session in enumerate(sessions):
        takes_part = panel["n_obs"][session] >= 57
        weights = np.where(takes_part, signed[number], 0)
        frame = slice(session - _WINDOW + 1, session + 1)
        part = (absolute[number] > 0) & takes_part
        for target, sides in ((pnl, weights @ y[frame].T), (holes, part.astype(float) @ missing[frame].T)):
            target[:, 1:, number] = sides.reshape(count, 2, _WINDOW)
            target[:, 0, number] = target[:, 1, number] + target[:, 2, number]
        taken_gross[:, 1:, number] = np.where(takes_part, absolute[number], 0).sum(axis=1).reshape(count, 2)
    taken_gross[:, 0] = taken_gross[:, 1] + taken_gross[:, 2]
    counts = holes == 0
    counts[taken_gross == 0] = False
    n_obs = counts.sum(axis=3)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(counts, pnl, 0).sum(axis=3) / n_obs
        spread = np.sqrt((np.where(counts, pnl - mean[..., None], 0) ** 2).sum(axis=3) / (n_obs - 1))
        spread[n_obs < MINIMUM_OBSERVATIONS] = np.nan
        coverage = taken_gross / gross
        shares = dollars / nav[:, None, sessions, None]
        factor_coverage = covered / gross[..., None]

    p, v, t = np.nonzero(sessions[None, None, :] >= np.broadcast_to(first[:, None, None], gross.shape))
    rows, factors = len(p), dollars.shape[-1]
    ids, names = data.portfolios["portfolio_id"], np.array(_VIEWS, "S12")
    session_no = (market.first_no + sessions[t]).astype("i4")
    out["portfolio_factor_exposures"] = {
        "portfolio_id": np.repeat(ids[p], factors),
        "view_name": np.repeat(names[v], factors),
        "session_no": np.repeat(session_no, factors),
        "factor_no": np.tile(np.arange(1, factors + 1, dtype="i4"), rows),
        "exposure": shares[p, v, t].ravel(),
        "exposure_dollars": dollars[p, v, t].ravel(),
        "coverage": factor_coverage[p, v, t].ravel(),
        "n_obs": observed[p, v, t].ravel().astype("i4"),
    }
    realized = _realized(market, returns, sessions)
    active = held_count[:, :, sessions][p, v, t] > 0
    n_realized = np.where(active, realized["n_obs"][p, v, t], 0)
    n_drawdown = np.where(active, realized["drawdown_n_obs"][p, v, t], 0)
    enough, enough_drawdown = n_realized >= MINIMUM_OBSERVATIONS, n_drawdown >= MINIMUM_OBSERVATIONS
    figure = {name: values[p, v, t] for name, values in realized.items()}
    nothing = np.datetime64("NaT", "D")
    nav_now = nav[:, sessions][p, t]
    out["portfolio_daily_risk"] = {
        "portfolio_id": ids[p],
        "view_name": names[v],
        "session_no": session_no,
        "beta": shares[p, v, t, 0],
        "volatility_60d_annualized": spread[p, v, t] * np.sqrt(252) / nav_now,
        "realized_volatility_60d": np.where(enough, figure["spread"] * np.sqrt(252), np.nan),
        "sharpe_ratio": np.where(enough, figure["mean"] / figure["spread"] * np.sqrt(252), np.nan),
        "max_drawdown_90d": np.where(enough_drawdown, figure["worst"], np.nan),
        **{
            f"{name}_date": np.where(enough_drawdown, figure[name].astype("M8[D]"), nothing)
            for name in ("peak", "trough", "recovery")
        },
        "var_95_1d": _Z * spread[p, v, t],
        "var_95_1d_pct": _Z * spread[p, v, t] / nav_now,
        "coverage": coverage[p, v, t],
        "n_obs": n_obs[p, v, t].astype("i4"),
        "realized_n_obs": n_realized.astype("i4"),
        "drawdown_n_obs": n_drawdown.astype("i4"),
    }


def _realized(market: Market, returns: Wide, sessions: NDArray[Any]) -> dict[str, Wide]:
    """Mean and spread over 60 sessions, the worst fall over 90 and its dates, by (portfolio, view, session)."""
    padded = np.concatenate([np.full((*returns.shape[:2], _DRAWDOWN), np.nan), returns], axis=2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _DRAWDOWN, axis=2)[:, :, sessions + 1]
    seen = np.isfinite(frames)
    last = frames[..., -_WINDOW:]
    n = seen[..., -_WINDOW:].sum(axis=3)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(last, axis=3) / n
        spread = np.sqrt(np.nansum((last - mean[..., None]) ** 2, axis=3) / (n - 1))
    chain = np.cumprod(np.where(seen, 1 + frames, 1), axis=3)
    peak = np.maximum(np.maximum.accumulate(chain, axis=3), 1)
    fall = np.where(seen, chain / peak - 1, 0)
    trough = fall.argmin(axis=3)[..., None]
    worst = np.take_along_axis(fall, trough, axis=3)
    height = np.take_along_axis(peak, trough, axis=3)
    position = np.arange(_DRAWDOWN)
    reached = seen & (chain == height) & (position <= trough)
    again = seen & (chain >= height) & (position > trough)
    first_return = seen.argmax(axis=3)
    peak_at = np.where(height[..., 0] == 1, first_return - 1, reached.argmax(axis=3))
    day = market.days

    def date(position_in_frame: NDArray[Any], exists: NDArray[Any]) -> NDArray[Any]:
        index = np.clip(sessions[None, None, :] - _DRAWDOWN + 1 + position_in_frame, 0, len(day) - 1)
        return np.where(exists, day[index], np.datetime64("NaT", "D"))

    fell = worst[..., 0] < 0
    return {
        "n_obs": n,
        "drawdown_n_obs": seen.sum(axis=3),
        "mean": mean,
        "spread": spread,
        "worst": worst[..., 0],
        "peak": date(peak_at, fell),
        "trough": date(trough[..., 0], fell),
        "recovery": date(again.argmax(axis=3), fell & again.any(axis=3)),
    }


def run(url: str) -> dict[str, float]:
    """Read, compute and write; seconds of each."""
    return timed(url, compute)

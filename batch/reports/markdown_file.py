"""A report as Markdown, for a mail or a ticket."""

from collections.abc import Callable, Sequence
from typing import Any

from batch.reports.document import Document, engine, unavailable
from batch.reports.engines import ENGINES
from batch.reports.figures import money, number, percent, trimmed

_TOP = 3


def render(document: Document) -> str:
    """The report; the same document gives the same bytes."""
    meta, info = document["metadata"], document["portfolio_info"]
    lines = [
        f"# {_safe(info['name'])}",
        "",
        f"Portfolio report as of **{meta['report_date']}** · {info['currency']} · run {meta['run_id']}"
        + (" · simulated prices" if meta["is_simulated"] else ""),
        "",
    ]
    for part in (
        _summary,
        _exposures,
        _allocation,
        _holdings,
        _risk,
        _contributions,
        _factors,
        _stress,
        _greeks,
        _engines,
    ):
        lines += [*part(document), ""]
    return "\n".join(lines).rstrip() + "\n"


def _summary(document: Document) -> list[str]:
    snapshot, risk = engine(document, "portfolio_snapshot"), engine(document, "risk_metrics")
    exposures, day = engine(document, "position_exposures"), snapshot["data"] or {}
    figures = (risk["data"] or {}).get("portfolio") or {}
    beta = figures.get("beta") or {"value": None, "reason": risk["reason"]}
    correlation = figures.get("position_correlation") or {"value": None, "reason": risk["reason"]}
    sides = (exposures["data"] or {}).get("delta_adjusted") or {}
    why = snapshot["reason"]
    rows = [
        ("Net asset value", _or(day.get("total_value"), money, why)),
        ("Day return", _or(day.get("daily_return"), lambda v: percent(v, 2, signed=True), why)),
        ("Day P&L", _or(day.get("daily_pnl"), lambda v: money(v, signed=True), why)),
        ("P&L this month", _or(day.get("mtd_pnl"), lambda v: money(v, signed=True), why)),
        ("P&L this year", _or(day.get("ytd_pnl"), lambda v: money(v, signed=True), why)),
        ("P&L since entry", _or(day.get("total_pnl"), lambda v: money(v, signed=True), why)),
        ("Beta to SPY", _or(beta["value"], lambda v: number(v, 3), beta["reason"])),
        ("Average correlation", _or(correlation["value"], lambda v: number(v, 3), correlation["reason"])),
        ("Gross exposure", _or(sides.get("gross_exposure"), money, exposures["reason"])),
        ("Net exposure", _or(sides.get("net_exposure"), money, exposures["reason"])),
    ]
    state = [] if snapshot["status"] == "ok" else ["", f"The figures are {snapshot['status']}: {_safe(why)}."]
    return ["## Summary", "", *_table(("", ""), rows), *state]


def _exposures(document: Document) -> list[str]:
    found = engine(document, "position_exposures")
    if not found["available"]:
        return ["## Exposures", "", unavailable(found["reason"])]
    rows = []
    for name in ("long", "short", "gross", "net"):
        cells = [name.capitalize()]
        for side in ("delta_adjusted", "notional"):
            data = found["data"][side]
            cells.append(money(data[f"{name}_exposure"]))
            cells.append(_or(data[f"{name}_share_of_nav"], percent, "NAV is not positive"))
        rows.append(cells)
    return ["## Exposures", "", *_table(("", "delta-adjusted", "of NAV", "market value", "of NAV"), rows)]


def _allocation(document: Document) -> list[str]:
    rows = [
        (
            group["name"].capitalize(),
            str(group["position_count"]),
            money(group["market_value"]),
            _or(group["exposure"], money, "the underlying of an option has no price"),
            _or(group["share_of_nav"], percent, "NAV is not positive"),
        )
        for group in document["positions_summary"]["allocation"]
    ]
    if not rows:
        return ["## Allocation", "", "The portfolio holds nothing."]
    return ["## Allocation", "", *_table(("", "lots", "market value", "exposure", "of NAV"), rows)]


def _holdings(document: Document) -> list[str]:
    rows = [
        (
            _safe(lot["symbol"]),
            lot["position_type"],
            trimmed(lot["quantity"], 4),
            _or(lot["position_exposure"], money, lot["reason"]),
            _or(lot["portfolio_weight"], percent, lot["reason"]),
            _or(lot["total_pnl"], lambda v: money(v, signed=True), lot["reason"]),
        )
        for lot in document["positions"][:_TOP]
        if lot["is_open"]
    ]
    if not rows:
        return []
    return ["## Largest holdings", "", *_table(("", "type", "quantity", "exposure", "of NAV", "P&L"), rows)]


def _risk(document: Document) -> list[str]:
    found = engine(document, "risk_metrics")
    if found["data"] is None:
        return ["## Risk", "", unavailable(found["reason"])]
    rows = []
    for label, name, write in (
        ("Beta", "beta", lambda v: number(v, 3)),
        ("Volatility, 60 sessions, a year", "annualized_volatility", percent),
        ("VaR 95 %, 1 day", "var_1d", money),
        ("Max drawdown, 90 sessions", "max_drawdown", percent),
        ("Sharpe ratio, 60 sessions", "sharpe_ratio", lambda v: number(v, 2)),
    ):
        sides = [found["data"][view][name] for view in ("portfolio", "longs", "shorts")]
        rows.append([label, *(_or(side["value"], write, side["reason"]) for side in sides)])
    return ["## Risk", "", *_table(("", "portfolio", "longs", "shorts"), rows)]


def _contributions(document: Document) -> list[str]:
    found = engine(document, "risk_contributions")
    head = ["## Contribution to risk", ""]
    if not found["available"]:
        return [*head, unavailable(found["reason"])]
    rows = [
        (
            _safe(item["symbol"]),
            _or(item["component_var_95_1d"], money, item["reason"]),
            _or(item["share_of_var"], percent, item["reason"]),
        )
        for item in found["data"]["positions"][:10]
    ]
    return [*head, *_table(("", "of one-day VaR", "share"), rows)]


def _factors(document: Document) -> list[str]:
    found = engine(document, "factor_analysis")
    if found["data"] is None:
        return ["## Factor exposures", "", unavailable(found["reason"])]
    rows = [
        (
            factor["factor_name"],
            factor["etf_ticker"] or "",
            _or(factor["exposure"], lambda v: number(v, 3, signed=True), factor["reason"]),
            _or(factor["exposure_dollar"], money, factor["reason"]),
        )
        for factor in found["data"]["portfolio"]
    ]
    return ["## Factor exposures", "", *_table(("", "ETF", "exposure", "dollars"), rows)]


def _stress(document: Document) -> list[str]:
    found = engine(document, "stress_testing")
    if not found["available"]:
        return ["## Stress tests", "", unavailable(found["reason"])]
    rows = [
        (
            _safe(item["name"]),
            _or(item["impact_dollar"], lambda v: money(v, signed=True), item["reason"]),
            _or(item["impact_percent"], lambda v: percent(v, signed=True), item["reason"]),
        )
        for item in found["data"]["scenarios"]
    ]
    return ["## Stress tests", "", *_table(("", "impact", "of NAV"), rows)]


def _greeks(document: Document) -> list[str]:
    found = engine(document, "greeks_aggregation")
    if not found["available"]:
        return ["## Greeks", "", unavailable(found["reason"])]
    rows = []
    for name in ("delta", "gamma", "theta", "vega"):
        sides = [found["data"].get(view) or {name: None, "reason": None} for view in ("portfolio", "longs", "shorts")]
        rows.append([name.capitalize(), *(_or(side[name], lambda v: trimmed(v, 2), side["reason"]) for side in sides)])
    return ["## Greeks", "", *_table(("", "portfolio", "longs", "shorts"), rows)]


def _engines(document: Document) -> list[str]:
    rows = []
    for name, label in ENGINES.items():
        found = engine(document, name)
        rows.append((label, found["status"], _safe(found["reason"] or "")))
    return ["## What stands behind it", "", *_table(("", "status", "why"), rows)]


def _or(value: Any, write: Callable[[Any], str], reason: object) -> str:
    return _safe(unavailable(reason)) if value is None else write(value)


def _safe(text: object) -> str:
    """Text that is no markup, whatever somebody called a portfolio."""
    shown = str(text).replace("\\", "\\\\").replace("\n", " ").replace("\r", " ")
    for mark in "|*_`[]<>#":
        shown = shown.replace(mark, f"\\{mark}")
    return shown


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    marks = [":--"] + ["--:"] * (len(columns) - 1)
    return [f"| {' | '.join(cells)} |" for cells in (columns, marks, *rows)]


_PARTS = (
    _summary,
    _exposures,
    _allocation,
    _holdings,
    _risk,
    _contributions,
    _factors,
    _stress,
    _greeks,
    _engines,
)

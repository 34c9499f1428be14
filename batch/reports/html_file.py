"""A report as one HTML file, the tear sheet: nothing is fetched from anywhere, and it prints on paper."""

import datetime as dt
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from batch.reports import charts
from batch.reports.charts import Bar, Line
from batch.reports.document import Document, engine, unavailable
from batch.reports.engines import ENGINES
from batch.reports.figures import money, number, percent, trimmed

_TOP = 10
_LOTS = 500

_STYLE = """
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:#f3f4f6;color:#111827;font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:980px;margin:24px auto;padding:32px 36px;background:#fff;border:1px solid #e5e7eb;border-radius:12px}
header{display:flex;justify-content:space-between;gap:24px;align-items:flex-start;border-bottom:2px solid #111827;
padding-bottom:14px}
h1{font-size:24px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:12px;margin:0 0 8px;color:#374151;text-transform:uppercase;letter-spacing:.06em}
h2 small{font-weight:400;color:#6b7280;text-transform:none;letter-spacing:0;margin-left:6px;font-size:12px}
.sub{color:#6b7280}.right{text-align:right;white-space:nowrap}
.badge{display:inline-block;padding:2px 9px;border-radius:999px;font-size:12px;font-weight:600;background:#e5e7eb}
.badge.ok{background:#d1fae5;color:#065f46}.badge.partial,.badge.sim{background:#fef3c7;color:#92400e}
.badge.unavailable{background:#fee2e2;color:#991b1b}
.note{background:#fffbeb;border-left:3px solid #f59e0b;padding:8px 12px;margin:14px 0 0;font-size:13px}
.cards{display:grid;grid-template-columns:repeat(4,1fr);gap:10px;margin:18px 0 4px}
.card{border:1px solid #e5e7eb;border-radius:8px;padding:10px 12px;min-width:0}
.card b{display:block;font-size:20px;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
.card>span{color:#6b7280;font-size:12px;display:block}
.card .none{font-size:13px;font-weight:600;color:#991b1b}
section{margin-top:22px;break-inside:avoid}.long{break-inside:auto}
.two{display:grid;grid-template-columns:1fr 1fr;gap:28px}.two section{min-width:0}
svg{display:block;width:100%;height:auto;font-family:inherit;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;font-size:12.5px;font-variant-numeric:tabular-nums}
th{font-weight:600;text-align:right;color:#6b7280;border-bottom:1px solid #d1d5db;padding:4px 6px;white-space:nowrap}
td{text-align:right;border-bottom:1px solid #f3f4f6;padding:4px 6px;white-space:nowrap}
th.l,td.l{text-align:left}td.w{white-space:normal}tr.total td{font-weight:600;border-top:1px solid #d1d5db}
.pos{color:#047857}.neg{color:#b91c1c}.none{color:#6b7280;font-style:italic;white-space:normal}
.legend{display:flex;gap:16px;color:#6b7280;font-size:12px;margin:0 0 2px 64px}
.legend i{display:inline-block;width:12px;height:3px;border-radius:2px;vertical-align:middle;margin-right:5px}
.scroll{overflow-x:auto}
footer{margin-top:26px;padding-top:12px;border-top:1px solid #e5e7eb;color:#6b7280;font-size:12px}
@media (max-width:720px){main{margin:0;padding:18px 14px;border:0;border-radius:0}.two{grid-template-columns:1fr;gap:0}
.cards{grid-template-columns:repeat(2,1fr)}header{flex-direction:column;gap:8px}.right{text-align:left}}
@media print{@page{size:A4;margin:12mm}body{background:#fff;font-size:11px;print-color-adjust:exact;
-webkit-print-color-adjust:exact}main{max-width:none;margin:0;padding:0;border:0}.card b{font-size:16px}
table{font-size:9.5px}.scroll{overflow:visible}thead{display:table-header-group}tr{break-inside:avoid}
.card{padding:6px 9px}.cards{margin:10px 0 0}section{margin-top:12px}}
"""


def render(document: Document) -> str:
    """The tear sheet; the same document gives the same bytes."""
    title = f"{document['portfolio_info']['name']} · {document['metadata']['report_date']}"
    body = "\n".join(
        part
        for part in (
            _header(document),
            _notes(document),
            _cards(document),
            _value(document),
            _two(_exposures(document), _factors(document)),
            _two(_contributions(document), _returns(document)),
            _exposure_history(document),
            _stress(document),
            _two(_sectors(document), _views(document)),
            _lots(document),
            _engines(document),
            _footer(document),
        )
        if part
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def _header(document: Document) -> str:
    info, meta = document["portfolio_info"], document["metadata"]
    snapshot = engine(document, "portfolio_snapshot")
    simulated = ' <span class="badge sim">simulated prices</span>' if meta["is_simulated"] else ""
    return (
        f"<header><div><h1>{escape(str(info['name']))}</h1>"
        f'<div class="sub">Portfolio report as of {_day(meta["report_date"])} · {escape(str(info["currency"]))}'
        f"</div></div>"
        f'<div class="right"><div><span class="badge {snapshot["status"]}">{_state(snapshot["status"])}</span>'
        f'{simulated}</div><div class="sub">run {meta["run_id"]}, published {_moment(meta["published_at"])}</div>'
        "</div></header>"
    )


def _notes(document: Document) -> str:
    snapshot = engine(document, "portfolio_snapshot")
    if snapshot["status"] == "ok":
        return ""
    return f'<div class="note">The figures are {snapshot["status"]}: {escape(str(snapshot["reason"]))}.</div>'


def _cards(document: Document) -> str:
    snapshot = engine(document, "portfolio_snapshot")
    day = snapshot["data"] or {}
    risk = (engine(document, "risk_metrics")["data"] or {}).get("portfolio") or {}
    why = snapshot["reason"]

    def of_risk(name: str, write: Callable[[Any], str], label: str, more: Callable[[dict[str, Any]], str]) -> str:
        figure = risk.get(name) or {"value": None, "reason": engine(document, "risk_metrics")["reason"]}
        return _card(label, figure["value"], write, figure["reason"], more(figure))

    cards = [
        _card("Net asset value", day.get("total_value"), money, why, f"cash {money(day['cash'])}" if day else ""),
        _card(
            "Day P&L",
            day.get("daily_pnl"),
            lambda value: _signed(value, money(value, signed=True)),
            why,
            percent(day["daily_return"], 2, signed=True) if day.get("daily_return") is not None else "",
        ),
        _card(
            "P&L this month",
            day.get("mtd_pnl"),
            lambda value: _signed(value, money(value, signed=True)),
            why,
            f"this year {money(day['ytd_pnl'], signed=True)}" if day.get("ytd_pnl") is not None else "",
        ),
        _card(
            "P&L since entry",
            day.get("total_pnl"),
            lambda value: _signed(value, money(value, signed=True)),
            why,
            f"unrealised {money(day['unrealized_pnl'], signed=True)}" if day.get("unrealized_pnl") is not None else "",
        ),
        of_risk("beta", lambda v: number(v, 3), "Beta to SPY", lambda f: _n(f)),
        of_risk("annualized_volatility", percent, "Volatility, 60 d", lambda f: _n(f)),
        of_risk(
            "var_1d",
            money,
            "VaR 95 %, 1 day",
            lambda f: f"{percent(f['pct_nav'], 2)} of NAV" if f.get("pct_nav") is not None else "",
        ),
        of_risk(
            "max_drawdown",
            percent,
            "Max drawdown, 90 d",
            lambda f: f"{f['peak_date']} to {f['trough_date']}" if f.get("peak_date") else "",
        ),
    ]
    return f'<div class="cards">{"".join(cards)}</div>'


def _card(label: str, value: Any, write: Callable[[Any], str], reason: object, more: str) -> str:
    shown = f"<b>{write(value)}</b>" if value is not None else f'<div class="none">{escape(unavailable(reason))}</div>'
    below = f"<span>{escape(more)}</span>" if more and value is not None else ""
    return f'<div class="card"><span>{escape(label)}</span>{shown}{below}</div>'


def _n(figure: dict[str, Any]) -> str:
    return f"{figure['n_obs']} of {figure['window']} sessions" if "n_obs" in figure else ""


def _value(document: Document) -> str:
    days = document["historical_snapshots"]
    nav = Line("NAV", _series(days, "total_value"), charts.BLUE)
    fall = Line("Drawdown", _series(days, "drawdown"), charts.RED)
    since = f"<small>since {days[0]['session_date']}</small>" if days else ""
    return (
        f"<section><h2>Net asset value {since}</h2>"
        + charts.lines([nav], lambda v: _short(v), height=210, fill=True, title="Net asset value by session")
        + "</section><section><h2>Drawdown <small>fall from the highest value so far, returns chained</small></h2>"
        + charts.lines([fall], lambda v: percent(v), height=120, fill=True, from_zero=True, title="Drawdown by session")
        + "</section>"
    )


def _exposures(document: Document) -> str:
    found = engine(document, "position_exposures")
    head = "<h2>Exposure <small>delta-adjusted, share of NAV</small></h2>"
    if not found["available"]:
        return _missing(head, found)
    data = found["data"]["delta_adjusted"]
    names = (("Long", "long", charts.GREEN), ("Short", "short", charts.RED))
    more = (("Gross", "gross", charts.SLATE), ("Net", "net", charts.BLUE))
    bars = [
        Bar(
            name,
            _float(data[f"{key}_share_of_nav"]),
            percent(data[f"{key}_share_of_nav"]) if data[f"{key}_share_of_nav"] is not None else "",
            color,
            unavailable("NAV is not positive"),
        )
        for name, key, color in (*names, *more)
    ]
    rows = [
        [name, *(money(found["data"][side][f"{key}_exposure"]) for side in ("delta_adjusted", "notional"))]
        for name, key, _ in (*names, *more)
    ]
    return (
        f"<section>{head}{charts.bars(bars, title='Exposure as a share of NAV')}"
        + _table(("l:", "delta-adjusted", "market value"), rows)
        + "</section>"
    )


def _factors(document: Document) -> str:
    found = engine(document, "factor_analysis")
    head = "<h2>Factor exposures <small>weight × 60-day beta</small></h2>"
    if found["data"] is None:
        return _missing(head, found)
    bars = [
        Bar(
            factor["factor_name"],
            _float(factor["exposure"]),
            number(factor["exposure"], 2, signed=True) if factor["exposure"] is not None else "",
            None,
            unavailable(factor["reason"]),
        )
        for factor in found["data"]["portfolio"]
    ]
    return f"<section>{head}{charts.bars(bars, title='Exposure to the factors')}</section>"


def _contributions(document: Document) -> str:
    found = engine(document, "risk_contributions")
    head = "<h2>Contribution to risk <small>share of one-day VaR</small></h2>"
    if not found["available"]:
        return _missing(head, found)
    shown = found["data"]["positions"][:_TOP]
    bars = [
        Bar(
            item["symbol"],
            _float(item["share_of_var"]),
            percent(item["share_of_var"]) if item["share_of_var"] is not None else "",
            charts.AMBER if (item["share_of_var"] or 0) >= 0 else charts.GREEN,
            unavailable(item["reason"]),
        )
        for item in shown
    ]
    return f"<section>{head}{charts.bars(bars, names=146, title='Contribution to one-day value at risk')}</section>"


def _returns(document: Document) -> str:
    found = engine(document, "performance")
    head = "<h2>Returns <small>time-weighted</small></h2>"
    if not found["available"]:
        return _missing(head, found)
    data = found["data"]
    names = {"1d": "1 day", "1w": "5 sessions", "1m": "21 sessions", "3m": "63 sessions", "ytd": "This year"}
    names["1y"] = "1 year"
    rows = []
    for key, figure in [*data["periods"].items(), ("since", data["since_start"])]:
        name = names.get(key, f"Since {figure['start_date']}")
        rows.append([name, _figure(figure["value"], lambda v: percent(v, 2, signed=True), figure["reason"], True)])
    for name, label in (("sharpe_ratio", "Sharpe ratio, 60 d"), ("sortino_ratio", "Sortino ratio, 60 d")):
        reason = data["figures"][name]["reason"]
        rows.append([label, _figure(data[name], lambda v: number(v, 2), reason)])
    return f"<section>{head}{_table(('l:', 'return'), rows)}</section>"


def _exposure_history(document: Document) -> str:
    days = document["historical_snapshots"]
    gross = Line("Gross", _series(days, "gross_share_of_nav"), charts.SLATE)
    net = Line("Net", _series(days, "net_share_of_nav"), charts.BLUE)
    legend = "".join(f'<span><i style="background:{line.color}"></i>{line.name}</span>' for line in (gross, net))
    return (
        "<section><h2>Exposure over time <small>delta-adjusted, share of NAV</small></h2>"
        f'<div class="legend">{legend}</div>'
        + charts.lines(
            [gross, net], lambda v: percent(v, 0), height=150, from_zero=True, title="Gross and net exposure by session"
        )
        + "</section>"
    )


def _stress(document: Document) -> str:
    found = engine(document, "stress_testing")
    head = "<h2>Stress tests <small>what scenarios would do to the portfolio</small></h2>"
    if not found["available"]:
        return _missing(head, found, 880)
    bars = [
        Bar(
            item["name"],
            _float(item["impact_dollar"]),
            money(item["impact_dollar"], signed=True) if item["impact_dollar"] is not None else "",
            charts.GREEN if (item["impact_dollar"] or 0) >= 0 else charts.RED,
            unavailable(item["reason"]),
        )
        for item in found["data"]["scenarios"]
    ]
    half = (len(bars) + 1) // 2
    left, right = (
        f"<div>{charts.bars(part, names=170, title='Impact of scenarios')}</div>" if part else ""
        for part in (bars[:half], bars[half:])
    )
    return f'<section>{head}<div class="two">{left}{right}</div></section>'


def _sectors(document: Document) -> str:
    groups = document["positions_summary"]["by_sector"][:_TOP]
    bars = [
        Bar(
            group["name"],
            _float(group["share_of_nav"]),
            percent(group["share_of_nav"]) if group["share_of_nav"] is not None else "",
            None,
            "unavailable",
        )
        for group in groups
    ]
    drawn = charts.bars(bars, names=150, title="Exposure by sector")
    return f"<section><h2>Sectors <small>delta-adjusted, share of NAV</small></h2>{drawn}</section>"


def _views(document: Document) -> str:
    risk, greeks = engine(document, "risk_metrics"), engine(document, "greeks_aggregation")
    head = "<h2>Risk and Greeks by side</h2>"
    if risk["data"] is None:
        return _missing(head, risk)
    views = ("portfolio", "longs", "shorts")
    rows: list[list[str]] = []
    for label, name, write in (
        ("Beta", "beta", lambda v: number(v, 3)),
        ("Volatility, 60 d", "annualized_volatility", percent),
        ("VaR 95 %, 1 day", "var_1d", money),
        ("Max drawdown, 90 d", "max_drawdown", percent),
        ("Sharpe ratio, 60 d", "sharpe_ratio", lambda v: number(v, 2)),
    ):
        figures = [risk["data"][view][name] for view in views]
        rows.append([label, *(_figure(figure["value"], write, figure["reason"]) for figure in figures)])
    for name, label in (
        ("delta", "Delta, shares"),
        ("gamma", "Gamma"),
        ("theta", "Theta, $ a day"),
        ("vega", "Vega, $"),
    ):
        cells = []
        for view in views:
            side = (greeks["data"] or {}).get(view) or {name: None, "reason": greeks["reason"]}
            cells.append(_figure(side[name], lambda v: trimmed(v, 0), side["reason"]))
        rows.append([label, *cells])
    return f"<section>{head}{_table(('l:', 'portfolio', 'longs', 'shorts'), rows)}</section>"


def _lots(document: Document) -> str:
    lots = document["positions"]
    rows = []
    for lot in lots[:_LOTS]:
        why = lot["reason"]
        rows.append(
            [
                f"<b>{escape(lot['symbol'])}</b>",
                escape(lot["position_type"])
                + ("" if lot["is_open"] else " (expired)" if lot["is_expired"] else " (closed)"),
                escape(", ".join(lot["tags"] or [])),
                trimmed(lot["quantity"], 4),
                _figure(lot["current_price"], lambda v: number(v, 2), why),
                _figure(lot["market_value"], money, why),
                _figure(lot["position_exposure"], money, why),
                _figure(lot["portfolio_weight"], percent, why),
                _figure(lot["daily_pnl"], lambda v: money(v, signed=True), why, True),
                _figure(lot["total_pnl"], lambda v: money(v, signed=True), why, True),
            ]
        )
    columns = ("l:symbol", "l:type", "w:tags", "quantity", "price", "value", "exposure", "of NAV", "day P&L", "P&L")
    more = f"<small>{len(lots):,} lots, the largest {_LOTS} shown; the CSV has them all</small>"
    note = more if len(lots) > _LOTS else f"<small>{len(lots):,} lots, by exposure</small>"
    return (
        f'<section class="long"><h2>Positions {note}</h2><div class="scroll">{_table(columns, rows)}</div></section>'
        if rows
        else '<section><h2>Positions</h2><p class="none">The portfolio holds nothing.</p></section>'
    )


def _engines(document: Document) -> str:
    rows = []
    for name, label in ENGINES.items():
        found = engine(document, name)
        badge = f'<span class="badge {found["status"]}">{_state(found["status"])}</span>'
        rows.append([escape(label), badge, escape(str(found["reason"] or found["description"]))])
    market = engine(document, "market_data")["data"]
    note = ""
    if market and market["coverage"] is not None:
        note = f"<small>prices cover {percent(market['coverage'])} of the last 90 sessions</small>"
    return f"<section><h2>What stands behind it {note}</h2>{_table(('l:', 'l:', 'w:'), rows)}</section>"


def _footer(document: Document) -> str:
    meta, info = document["metadata"], document["portfolio_info"]
    made = "All prices are simulated. " if meta["is_simulated"] else ""
    if info["equity_balance"] is not None:
        source = "declared" if info["equity_source"] == "declared" else "what the lots cost, gross"
        made += f"Equity it started with: {money(info['equity_balance'])} ({source}). "
    return (
        f"<footer>{made}Figures are those of run {meta['run_id']}, unrounded in the database; the same run gives the "
        "same file. VaR and drawdown are losses, and negative. Volatility, VaR and betas are of the holdings as they "
        f"are now, over 60 sessions. Portfolio {info['portfolio_id']}.</footer>"
    )


def _two(left: str, right: str) -> str:
    return f'<div class="two">{left}{right}</div>'


def _missing(head: str, found: Document, width: int = 430) -> str:
    chart = charts.empty(unavailable(found["reason"]), width, 64, "unavailable")
    return f"<section>{head}{chart}</section>"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """`l:` in front of a column's name: text; `w:` text that may wrap."""
    kinds = [name[0] if name[1:2] == ":" else "" for name in columns]
    names = [name[2:] if kind else name for name, kind in zip(columns, kinds, strict=True)]
    classes = [{"l": ' class="l"', "w": ' class="l w"'}.get(kind, "") for kind in kinds]
    head = ""
    if any(names):
        cells = "".join(f"<th{css}>{escape(name)}</th>" for name, css in zip(names, classes, strict=True))
        head = f"<thead><tr>{cells}</tr></thead>"
    lines = [
        "<tr>" + "".join(f"<td{css}>{cell}</td>" for cell, css in zip(row, classes, strict=True)) + "</tr>"
        for row in rows
    ]
    return f"<table>{head}<tbody>{''.join(lines)}</tbody></table>"


def _figure(value: Any, write: Callable[[Any], str], reason: object, is_signed: bool = False) -> str:
    if value is None:
        return f'<span class="none">{escape(unavailable(reason))}</span>'
    return _signed(value, write(value)) if is_signed else write(value)


def _signed(value: Any, text: str) -> str:
    return f'<span class="{"neg" if value < 0 else "pos"}">{text}</span>' if value else text


def _series(days: Sequence[dict[str, Any]], field: str) -> list[tuple[dt.date, float | None]]:
    return [(dt.date.fromisoformat(day["session_date"]), _float(day[field])) for day in days]


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _short(value: float) -> str:
    """Dollars on an axis."""
    for unit, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= unit:
            return f"${value / unit:,.2f}".rstrip("0").rstrip(".") + letter
    return f"${value:,.0f}"


def _state(status: str) -> str:
    return {"ok": "complete", "partial": "partial"}.get(status, "unavailable")


def _day(text: str) -> str:
    day = dt.date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"


def _moment(text: str) -> str:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")

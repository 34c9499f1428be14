"""Charts as inline SVG: no script, no font, no file from elsewhere; they print as they look."""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

INK, MUTED, GRID = "#111827", "#6b7280", "#e5e7eb"
BLUE, GREEN, AMBER, RED, SLATE = "#2563eb", "#059669", "#d97706", "#dc2626", "#94a3b8"

Points = Sequence[tuple[dt.date, float | None]]


@dataclass(frozen=True)
class Line:
    """One line of a chart."""

    name: str
    points: Points
    color: str


@dataclass(frozen=True)
class Bar:
    """One bar of a chart; `value` is null where the figure is missing, and `note` tells why."""

    name: str
    value: float | None
    label: str
    color: str | None = None
    note: str = ""


def lines(
    drawn: Sequence[Line],
    label: Callable[[float], str],
    *,
    height: int = 200,
    width: int = 880,
    fill: bool = False,
    from_zero: bool = False,
    title: str,
) -> str:
    """Lines over time, the newest value written at the end of each; gaps where a value is missing."""
    known = [value for line in drawn for _, value in line.points if value is not None]
    days = sorted({day for line in drawn for day, _ in line.points})
    if len(days) < 2 or not known:
        return empty("fewer than two sessions", width, height, title)
    low, high = min(known), max(known)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    ticks = _ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])
    left, right, top, bottom = 64, 78, 10, 24
    first, span = days[0].toordinal(), max(1, days[-1].toordinal() - days[0].toordinal())

    def x(day: dt.date) -> float:
        return left + (day.toordinal() - first) / span * (width - left - right)

    def y(value: float) -> float:
        return top + (high - value) / (high - low) * (height - top - bottom)

    parts = []
    for tick in ticks:
        parts.append(_rule(left, y(tick), width - right, y(tick), SLATE if tick == 0 else GRID))
        parts.append(_text(left - 8, y(tick) + 4, label(tick), "end"))
    for day in _months(days[0], days[-1]):
        name = f"{day:%b %Y}" if day.month == 1 else f"{day:%b}"
        parts.append(_text(x(day), height - 6, name, "middle"))
        parts.append(_rule(x(day), height - bottom, x(day), height - bottom + 4, SLATE))
    ends: list[tuple[float, Line, float]] = []
    for line in drawn:
        runs = _runs(line.points)
        for run in runs:
            points = " ".join(f"{x(day):.1f},{y(value):.1f}" for day, value in run)
            if fill:
                base = y(0.0 if low <= 0 <= high else low)
                parts.append(
                    f'<polygon points="{x(run[0][0]):.1f},{base:.1f} {points} {x(run[-1][0]):.1f},{base:.1f}"'
                    f' fill="{line.color}" fill-opacity="0.12"/>'
                )
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{line.color}" stroke-width="1.8"'
                ' stroke-linejoin="round"/>'
            )
        if runs:
            day, value = runs[-1][-1]
            parts.append(f'<circle cx="{x(day):.1f}" cy="{y(value):.1f}" r="3" fill="{line.color}"/>')
            ends.append((y(value), line, value))
    spread = _apart([place for place, _, _ in ends], 15, top + 4, height - bottom)
    for place, (_, line, value) in zip(spread, ends, strict=True):
        parts.append(_text(width - right + 8, place + 4, label(value), "start", line.color, "600"))
    return _svg(width, height, parts, title)


def bars(drawn: Sequence[Bar], *, width: int = 430, row: int = 26, names: int = 118, title: str) -> str:
    """Horizontal bars from a common zero, each with its value; what is missing says so in its place."""
    known = [bar.value for bar in drawn if bar.value is not None]
    if not drawn:
        return empty("nothing to show", width, 60, title)
    low, high = min([*known, 0.0]), max([*known, 0.0])
    room = width - names - 8
    # a label stands beside its bar, on the side to which it points
    below, above = (_space(drawn, is_below) for is_below in (True, False))
    scale = (room - below - above) / ((high - low) or 1)
    zero = names + below - low * scale
    height = row * len(drawn) + 8
    parts = []
    for index, bar in enumerate(drawn):
        top = 4 + index * row
        middle = top + row / 2
        parts.append(_text(names - 8, middle + 4, _cut(bar.name, 19), "end", INK, title=bar.name))
        if bar.value is None:
            parts.append(_text(zero + 8, middle + 4, _cut(bar.note or "unavailable", 40), "start", title=bar.note))
            continue
        size = max(abs(bar.value) * scale, 1.0)
        color = bar.color or (BLUE if bar.value >= 0 else RED)
        start = zero if bar.value >= 0 else zero - size
        parts.append(
            f'<rect x="{start:.1f}" y="{top + 5}" width="{size:.1f}" height="{row - 10}" rx="2" fill="{color}"/>'
        )
        if bar.value >= 0:
            parts.append(_text(start + size + 6, middle + 4, bar.label, "start", INK, "600"))
        else:
            parts.append(_text(start - 6, middle + 4, bar.label, "end", INK, "600"))
    parts.append(_rule(zero, 2, zero, height - 2, SLATE))
    return _svg(width, height, parts, title)


def _space(drawn: Sequence[Bar], is_below: bool) -> float:
    """Pixels that the longest label on that side of zero takes, in digits of one width."""
    labels = [bar.label for bar in drawn if bar.value is not None and (bar.value < 0) == is_below]
    return 12 + 7.6 * max(map(len, labels)) if labels else 6


def empty(reason: str, width: int, height: int, title: str) -> str:
    """The place of a chart that has nothing to show, and why."""
    box = f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6" fill="#f9fafb" stroke="{GRID}"/>'
    words = _wrapped(reason, max(24, width // 8))
    start = height / 2 - 8 * (len(words) - 1)
    parts = [_text(width / 2, start + 16 * i + 4, line, "middle") for i, line in enumerate(words)]
    return _svg(width, height, [box, *parts], title)


def _svg(width: int, height: float, parts: Sequence[str], title: str) -> str:
    name = escape(title)
    return (
        f'<svg viewBox="0 0 {width} {height:g}" role="img" aria-label="{name}"><title>{name}</title>'
        + "".join(parts)
        + "</svg>"
    )


def _text(
    x: float, y: float, content: str, anchor: str, color: str = MUTED, weight: str = "400", title: str = ""
) -> str:
    shown = escape(content) + (f"<title>{escape(title)}</title>" if title and title != content else "")
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}" font-size="11.5"'
        f' font-weight="{weight}">{shown}</text>'
    )


def _rule(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"/>'


def _ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers that hold the span between them."""
    span = (high - low) or abs(high) or 1.0
    rough = span / (most - 1)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough * 0.999)
    return [round(step * i, 12) for i in range(math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9) + 1)]


def _months(first: dt.date, last: dt.date) -> list[dt.date]:
    """First days of months, at most about a dozen, so that their names have room."""
    found = []
    day = first.replace(day=1)
    while day <= last:
        if day >= first:
            found.append(day)
        day = (day + dt.timedelta(days=32)).replace(day=1)
    step = max(1, math.ceil(len(found) / 12))
    return found[::step]


def _runs(points: Points) -> list[list[tuple[dt.date, float]]]:
    runs: list[list[tuple[dt.date, float]]] = []
    is_open = False
    for day, value in points:
        if value is None:
            is_open = False
        elif is_open:
            runs[-1].append((day, value))
        else:
            runs.append([(day, value)])
            is_open = True
    return runs


def _apart(places: Sequence[float], least: float, top: float, bottom: float) -> list[float]:
    """The same places, moved so that no two are closer than `least`."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved = list(places)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + least)
    over = max([moved[index] for index in order], default=0.0) - bottom
    if over > 0:
        moved = [max(top, place - over) for place in moved]
    return moved


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _wrapped(text: str, most: int) -> list[str]:
    found = [""]
    for word in text.split():
        if found[-1] and len(found[-1]) + 1 + len(word) > most:
            found.append(word)
        else:
            found[-1] = f"{found[-1]} {word}".strip()
    return found

"""Whether a price can be believed, next to the price before it and the splits in between. Pure.

A close more than 5 times, or less than a tenth of, the last known one (restated for splits) is not believed; a day
of +134 % is. After a hole of 20 sessions such a jump means that another company has the ticker now.
"""

import datetime as dt
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from loaders.bars import LastClose
from loaders.rows import BarRow


@dataclass(frozen=True)
class Limits:
    """Between which ratios to the last known close a close can be believed."""

    lowest: float
    highest: float

    def is_absurd(self, ratio: float) -> bool:
        """Whether a close relative to the last known one cannot be believed."""
        return not self.lowest <= ratio <= self.highest


STOCK_LIMITS = Limits(0.1, 5.0)
# an option that is about to expire may be worth a hundredth, or a hundred times, of what it was yesterday
OPTION_LIMITS = Limits(1e-4, 1e3)
LONG_HOLE_SESSIONS = 20
# when the company's own history of tickers is known, a smaller jump is reason enough to look there
_NOTABLE_RATIO = 2.0
_FIRST_BARS = 5
# a split that the vendor gives twice: the one that agrees with the prices within this ratio, if only one does
_AGREES_RATIO = 1.5
# a split that no price shows: the close stayed within the first ratio, where the split makes it jump beyond the second
_STAYED_RATIO = 1.25
_MOVED_RATIO = 1.7


@dataclass(frozen=True)
class Jump:
    """A bar that cannot be believed, and what it was compared with."""

    bar: BarRow
    before: LastClose
    ratio: float
    hole_sessions: int

    @property
    def reason(self) -> str:
        """What is wrong with it, for people."""
        return (
            f"close {self.bar.close:g} is {self.ratio:.4g} times that of {self.before.session_date} "
            f"({self.before.close:g}, splits in between counted); no known split explains it"
        )


@dataclass
class Examination:
    """What a series of bars came to.

    accepted: bars that can be believed. jumps: those that cannot. undecided: bars on the day of contradictory splits.
    splits: which of contradictory splits agrees with the prices, by day. phantoms: days of splits that no price shows.
    holes: first bars after a long hole with a
    notable jump, believed or not: the ticker may have changed hands.
    """

    accepted: list[BarRow] = field(default_factory=list)
    jumps: list[Jump] = field(default_factory=list)
    undecided: list[BarRow] = field(default_factory=list)
    splits: dict[dt.date, Decimal] = field(default_factory=dict)
    phantoms: list[dt.date] = field(default_factory=list)
    holes: list[Jump] = field(default_factory=list)


def examine(
    bars: Sequence[BarRow],
    *,
    before: LastClose | None,
    splits: Mapping[dt.date, Decimal],
    contested: Mapping[dt.date, Sequence[Decimal]] | None = None,
    seen: dt.date | None = None,
    session_no: Callable[[dt.date], int],
    limits: Limits = STOCK_LIMITS,
) -> Examination:
    """Go through the bars of one symbol, sorted by date.

    before: the last known close before them. splits: new shares per old by execution date. contested: days with
    several contradictory splits. seen: the last session before them that had a bar, believed or not. session_no: the
    number of a session.
    """
    result = Examination()
    known = before if before is not None else _first_reference(bars, splits, session_no, limits)
    open_contests = dict(contested or {})
    settled = dict(splits)
    last_seen = max(filter(None, (seen, known.session_date if known else None)), default=None)
    for bar in bars:
        since_seen, last_seen = last_seen, bar.session_date
        if known is None:
            known = LastClose(bar.session_date, bar.close)
            result.accepted.append(bar)
            continue
        since = known.session_date
        factor = 1.0
        for day, ratio in sorted(settled.items()):
            if since < day <= bar.session_date:
                if is_phantom(float(ratio), bar.close / known.close):
                    result.phantoms.append(day)
                    del settled[day]
                else:
                    factor *= float(ratio)
        for day in sorted(open_contests):
            if since < day <= bar.session_date:
                chosen = _agreeing(open_contests.pop(day), bar.close * factor / known.close)
                if chosen is None:
                    result.undecided.append(bar)
                    break
                if chosen != 1:
                    result.splits[day] = chosen
                factor *= float(chosen)
        else:
            ratio_now = bar.close * factor / known.close
            hole = session_no(bar.session_date) - session_no(since_seen or since) - 1
            jump = Jump(bar, known, ratio_now, hole)
            if hole >= LONG_HOLE_SESSIONS and not 1 / _NOTABLE_RATIO <= ratio_now <= _NOTABLE_RATIO:
                result.holes.append(jump)
            if limits.is_absurd(ratio_now):
                result.jumps.append(jump)
            else:
                result.accepted.append(bar)
                known = LastClose(bar.session_date, bar.close)
            continue
        # the level after an undecided split is not comparable with the one before
        known = LastClose(bar.session_date, bar.close)
    return result


def _first_reference(
    bars: Sequence[BarRow],
    splits: Mapping[dt.date, Decimal],
    session_no: Callable[[dt.date], int],
    limits: Limits,
) -> LastClose | None:
    """Where nothing is known before, the middle of the first few closes, if the first one is absurd next to it."""
    first = bars[:_FIRST_BARS]
    if len(first) < 3 or session_no(first[-1].session_date) - session_no(first[0].session_date) > LONG_HOLE_SESSIONS:
        return None
    start = first[0].session_date
    closes = []
    for bar in first:
        factor = 1.0
        for day, ratio in splits.items():
            if start < day <= bar.session_date:
                factor *= float(ratio)
        closes.append(bar.close * factor)
    middle = statistics.median(closes)
    if not limits.is_absurd(first[0].close / middle):
        return None
    return LastClose(start, middle)


def is_phantom(split: float, ratio: float) -> bool:
    """Whether the price went on as if there had been no split (new shares per old)."""
    stayed = 1 / _STAYED_RATIO <= ratio <= _STAYED_RATIO
    return stayed and not 1 / _MOVED_RATIO <= ratio * split <= _MOVED_RATIO


def _agreeing(candidates: Sequence[Decimal], ratio: float) -> Decimal | None:
    """The one split (new per old) that makes a continuous price of `ratio`; 1 where the price shows that none was.

    None where several agree, or none does and the price moved.
    """
    agreeing = [c for c in candidates if 1 / _AGREES_RATIO <= ratio * float(c) <= _AGREES_RATIO]
    if len(agreeing) == 1:
        return agreeing[0]
    if not agreeing and all(is_phantom(float(c), ratio) for c in candidates):
        return Decimal(1)
    return None

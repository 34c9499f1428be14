"""What a load came to, for the screen, the run report and the log."""

import datetime as dt
from dataclasses import asdict, dataclass, field
from typing import Any

from loaders.versions import Stored


@dataclass
class DatasetReport:
    """Counts of one dataset."""

    requests: int = 0
    rows_new: int = 0
    rows_restated: int = 0
    rows_unchanged: int = 0
    rows_quarantined: int = 0
    seconds: float = 0.0

    def add(self, stored: Stored, quarantined: int = 0) -> None:
        """Count what one storing came to."""
        self.rows_new += stored.new
        self.rows_restated += stored.restated
        self.rows_unchanged += stored.unchanged
        self.rows_quarantined += quarantined


@dataclass(frozen=True)
class Gap:
    """Something that is not there although it was expected. `session_date` None: more than one day, see the reason."""

    symbol: str
    session_date: dt.date | None
    reason: str


@dataclass
class LoadReport:
    """What `load_market_data` did.

    market_date: newest session of the benchmark at the provider, not after as_of. gaps: what is missing although it
    was expected. deferred: what was put off to a later run to keep the number of requests low. unavailable: datasets
    that the provider does not offer, and its words. problems: what failed and will be asked again by the next run.
    calendar_changed: sessions were renumbered. provider_changed: rows of the simulated market were withdrawn.
    seconds: of the whole load.
    """

    provider: str
    as_of: dt.date | None = None
    market_date: dt.date | None = None
    datasets: dict[str, DatasetReport] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)
    unavailable: dict[str, str] = field(default_factory=dict)
    unsupported: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    requests: int = 0
    retries: int = 0
    bytes: int = 0
    seconds: float = 0.0
    calendar_changed: bool = False
    provider_changed: bool = False

    def dataset(self, name: str) -> DatasetReport:
        """The counts of a dataset."""
        return self.datasets.setdefault(name, DatasetReport())

    @property
    def rows_new(self) -> int:
        return sum(dataset.rows_new for dataset in self.datasets.values())

    @property
    def rows_restated(self) -> int:
        return sum(dataset.rows_restated for dataset in self.datasets.values())

    @property
    def rows_quarantined(self) -> int:
        return sum(dataset.rows_quarantined for dataset in self.datasets.values())

    @property
    def rows_per_second(self) -> float:
        """Rows that arrived (new, restated or known) a second of the load."""
        rows = sum(d.rows_new + d.rows_restated + d.rows_unchanged for d in self.datasets.values())
        return rows / self.seconds if self.seconds > 0 else 0.0

    def as_json(self) -> dict[str, Any]:
        """The report as JSON can hold it; dates in ISO form."""
        found: dict[str, Any] = asdict(self)
        for name in ("as_of", "market_date"):
            found[name] = None if found[name] is None else found[name].isoformat()
        for gap in found["gaps"]:
            gap["session_date"] = None if gap["session_date"] is None else gap["session_date"].isoformat()
        return found | {
            "rows_new": self.rows_new,
            "rows_restated": self.rows_restated,
            "rows_quarantined": self.rows_quarantined,
            "rows_per_second": round(self.rows_per_second, 1),
        }

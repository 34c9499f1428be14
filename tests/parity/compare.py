"""Two frames row by row: missing and extra rows count, nulls must match, numbers agree to the contract's tolerance."""

from __future__ import annotations

import numbers
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import pandas as pd

RELATIVE = 1e-9
ABSOLUTE = 1e-10
OF_DOLLARS_SUMMED = 4e-15
REPORTED = 5
# who wrote a row, and words for people: no figures
# words about figures, and columns that only carry a seed over: dbt's own tests look after them
NOT_FIGURES = frozenset(
    (
        "run_id",
        "superseded_by_run",
        "is_simulated",
        "reason",
        "beta_reason",
        "realized_reason",
        "drawdown_reason",
        "diversification_reason",
        "display_order",
        "etf_symbol",
        "option_count",
        "detail",
        "finding_id",
    )
)

Kind = str  # "number", "date", "text"


@dataclass(frozen=True)
class Mismatch:
    """One difference; `error` is in multiples of what is tolerated, infinite where there is nothing to measure."""

    mart: str
    key: tuple[Any, ...]
    column: str
    expected: Any
    actual: Any
    error: float

    def __str__(self) -> str:
        key = ", ".join(str(part) for part in self.key)
        worse = "" if np.isinf(self.error) else f" ({self.error:.3g} × the tolerance)"
        return f"{self.mart}[{key}].{self.column}: expected {self.expected!r}, is {self.actual!r}{worse}"


def plain(value: Any) -> Any:
    """One value as number, Timestamp, text or None."""
    if isinstance(value, list | tuple | np.ndarray):
        return ", ".join(sorted(str(item) for item in value))
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, numbers.Number):
        return None if np.isnan(float(value)) else float(value)  # type: ignore[arg-type]
    if isinstance(value, date | np.datetime64):
        return pd.Timestamp(value)
    if isinstance(value, UUID):
        return str(value)
    return value


def plain_column(column: pd.Series) -> pd.Series:
    """A column of plain values; the common types at once."""
    if pd.api.types.is_object_dtype(column):
        column = column.infer_objects()
    if pd.api.types.is_bool_dtype(column):
        return column.map({True: "true", False: "false"}).astype(object)
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(np.float64)
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.astype("datetime64[s]")
    values = [plain(value) for value in column]
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, float) for value in known):
        return pd.Series(values, index=column.index, dtype=np.float64)
    if known and all(isinstance(value, pd.Timestamp) for value in known):
        return pd.to_datetime(pd.Series(values, index=column.index)).astype("datetime64[s]")
    return pd.Series(values, index=column.index, dtype=object)


def kind_of(column: pd.Series) -> Kind | None:
    """What a plain column holds; None when it holds only nulls, which go with everything."""
    if column.isna().all():
        return None
    if pd.api.types.is_numeric_dtype(column):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(column) else "text"


def errors_of(
    expected: pd.Series, actual: pd.Series, dollars: npt.NDArray[np.float64] | None
) -> npt.NDArray[np.float64]:
    """Row by row: 0 … 1 where they agree, above 1 where not, infinite where there is nothing to measure."""
    wrong = np.where(expected.isna().to_numpy() != actual.isna().to_numpy(), np.inf, 0.0)
    both = (expected.notna() & actual.notna()).to_numpy()
    kinds = {kind_of(expected), kind_of(actual)} - {None}
    if len(kinds) > 1:
        return np.full(len(expected), np.inf)
    if kinds == {"number"}:
        x = expected.to_numpy(dtype=np.float64, na_value=np.nan)
        y = actual.to_numpy(dtype=np.float64, na_value=np.nan)
        tolerance = np.maximum(RELATIVE * np.abs(x), ABSOLUTE)
        if dollars is not None:
            tolerance = np.maximum(tolerance, OF_DOLLARS_SUMMED * np.nan_to_num(dollars))
        with np.errstate(invalid="ignore"):
            measured = np.abs(x - y) / tolerance
        # infinities, which no figure may be, equal only themselves
        measured = np.where(np.isnan(measured), np.where(x == y, 0.0, np.inf), measured)
        return np.asarray(np.where(both, measured, wrong))
    unequal = expected.astype(object).to_numpy() != actual.astype(object).to_numpy()
    return np.asarray(np.where(both, np.where(unequal, np.inf, 0.0), wrong))


def compare(
    name: str,
    expected: pd.DataFrame,
    actual: pd.DataFrame,
    keys: Sequence[str],
    *,
    columns: Collection[str] = (),
    dollars: Mapping[str, str] | None = None,
    helpers: Collection[str] = (),
) -> list[Mismatch]:
    """All differences, worst first.

    `columns` must be in both; every other column that both have is compared too, and one that only `actual` has is a
    difference, so that no figure goes unchecked. `dollars` names the column of `expected` that says how many dollars a
    sum was made of; `helpers` are columns of `expected` that serve only that.
    """
    dollars = dollars or {}
    helpers = set(helpers) | (set(dollars.values()) - set(columns))
    found: list[Mismatch] = []

    def problem(column: str, left: Any, right: Any, key: tuple[Any, ...] = ()) -> None:
        found.append(Mismatch(name, key, column, left, right, np.inf))

    if actual.empty and expected.empty:
        return found
    if expected.empty or actual.empty:
        problem("(rows)", len(expected), len(actual))
        return found
    for column in [*keys, *columns]:
        if column not in expected or column not in actual:
            where = "the reference" if column not in expected else "the mart"
            problem(column, "a column", f"missing in {where}")
    for column in actual.columns.difference(expected.columns).difference(list(NOT_FIGURES)):
        problem(column, "no such column", "a column that nothing checks")
    if any(key not in expected or key not in actual for key in keys):
        return found

    left = expected.apply(plain_column).assign(in_reference=True)
    right = actual.apply(plain_column).assign(in_mart=True)
    for side, frame in (("reference", left), ("mart", right)):
        repeated = frame[frame.duplicated(list(keys), keep="first")]
        for row in repeated[list(keys)].itertuples(index=False):
            problem("(row)", "one row", f"several in the {side}", tuple(row))
    left, right = left.drop_duplicates(list(keys)), right.drop_duplicates(list(keys))
    for key in keys:
        if kind_of(left[key]) != kind_of(right[key]):
            problem(key, kind_of(left[key]), kind_of(right[key]))
            return found
    both = left.merge(right, on=list(keys), how="outer", suffixes=("", " (mart)"))
    absent, extra = both["in_mart"].isna(), both["in_reference"].isna()
    for row in both.loc[absent, list(keys)].itertuples(index=False):
        problem("(row)", "a row", "missing", tuple(row))
    for row in both.loc[extra, list(keys)].itertuples(index=False):
        problem("(row)", "no row", "extra", tuple(row))
    common = both[~absent & ~extra]
    key_rows = common[list(keys)].to_numpy()
    shared = [column for column in expected.columns if column in actual.columns and column not in keys]
    for column in shared:
        if column in NOT_FIGURES or column in helpers:
            continue
        mine, theirs = common[column], common[f"{column} (mart)"]
        gross = common[dollars[column]].to_numpy(dtype=np.float64) if column in dollars else None
        errors = errors_of(mine, theirs, gross)
        for i in np.flatnonzero(errors > 1):
            found.append(Mismatch(name, tuple(key_rows[i]), column, mine.iloc[i], theirs.iloc[i], float(errors[i])))
    return sorted(found, key=lambda mismatch: (-mismatch.error, mismatch.column, str(mismatch.key)))


def report(mismatches: Sequence[Mismatch], rows: Mapping[str, int] | None = None) -> str:
    """Readable text: a line a mart and column with its count, and its worst offenders below."""
    lines = [f"{len(mismatches)} differences"]
    groups: dict[tuple[str, str], list[Mismatch]] = {}
    for mismatch in mismatches:
        groups.setdefault((mismatch.mart, mismatch.column), []).append(mismatch)
    for (mart, column), group in sorted(groups.items()):
        of = f" of {rows[mart]} rows" if rows and mart in rows else ""
        lines.append(f"{mart}.{column}: {len(group)}{of}")
        lines += [f"    {mismatch}" for mismatch in group[:REPORTED]]
        if len(group) > REPORTED:
            lines.append(f"    … and {len(group) - REPORTED} more")
    return "\n".join(lines)

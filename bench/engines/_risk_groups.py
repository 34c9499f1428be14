"""What tags, sectors and factors add to value at risk: what the lots add, summed, and numpy on views × factors."""

from typing import NamedTuple

import numpy as np
import psycopg

from bench.engines._peer import RUN, Array, Floats, Ints, Mask, Series
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable

_Z95, _MINIMUM = 1.6448536269514722, 20
_NAMES = np.array([b"Market Beta", b"Momentum", b"Value", b"Growth", b"Quality", b"Size", b"Low Volatility"], "S48")
TABLE = ResultTable(
    "portfolio_risk_contributions",
    "published.portfolio_risk_contributions",
    ("portfolio_id", "view_name", "group_by", "group_name", "is_rest"),
    {
        "portfolio_id": "uuid",
        "view_name": "label",
        "group_by": "label",
        "group_name": "name",
        "is_rest": "bool",
        "position_count": "int4",
        "delta_adjusted_exposure": "float8",
        "component_var_95_1d": "float8",
        "divided_var_95_1d": "float8",
        "marginal_var_95_1d": "float8",
        "share_of_var": "float8",
    },
)


class Marks(NamedTuple):
    """`sectors`: of lots, empty without one; `tags`: one row per tag of a lot, and an empty one per lot without."""

    sectors: Columns
    tags: Columns


class Groups(NamedTuple):
    """Of a series and a kind: names, whether it is what has none, lots (-1: none), exposures and what they add."""

    series: Ints
    kind: Array
    name: Array
    is_rest: Mask
    count: Ints
    exposure: Floats
    component: Floats
    divided: Floats


def read(conn: psycopg.Connection) -> Marks:
    open_lots = (
        f"from published.lots l join intermediate.int_position_days d on d.position_id = l.position_id, {RUN} as run"
    )
    where = (
        "where l.superseded_by_run is null and d.is_output and not d.is_settlement"
        " and d.session_no = run.last_session_no"
    )
    sectors = read_columns(
        conn,
        f"select l.position_id, rpad(coalesce(l.sector, ''), 48) {open_lots} {where}",
        {"position_id": "uuid", "sector": "name"},
    )
    tags = read_columns(
        conn,
        f"select l.position_id, rpad(coalesce(t.tag, ''), 48), greatest(cardinality(l.tags), 1) {open_lots}"
        f" left join lateral unnest(l.tags) as t (tag) on true {where}",
        {"position_id": "uuid", "tag": "name", "tag_count": "int4"},
    )
    return Marks(sectors, tags)


def groups(
    marks: Marks,
    series: Series,
    contributions: dict[str, Array],
    of: Ints,
    exposures: Floats,
    pnl: Floats,
    moves: Floats,
    covered: Floats,
) -> dict[str, Array]:
    """All. `of`: the series of each contribution; `exposures`: series × factors; `moves`: sessions × factors."""
    known = np.isfinite(pnl)
    sigma = np.array(
        [row[mask].std(ddof=1) if mask.sum() >= _MINIMUM else np.nan for row, mask in zip(pnl, known, strict=True)]
    )
    sigma = np.where(sigma > 1e-12 * covered, sigma, np.nan)
    both = known & np.isfinite(moves[:, 0])
    p, k = np.where(both, np.nan_to_num(pnl), 0), both.astype("f8")
    count = k.sum(axis=1, keepdims=True)
    centred = np.where(both, p - p.sum(axis=1, keepdims=True) / np.maximum(count, 1), 0)
    component = _Z95 * exposures * (centred @ np.nan_to_num(moves) / (count - 1)) / sigma[:, None]
    parts = [*_by_lot(marks, contributions, of), *_by_factor(exposures, component, _Z95 * sigma)]
    found = Groups(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    with np.errstate(invalid="ignore", divide="ignore"):
        marginal = np.where(found.exposure != 0, found.component / found.exposure, np.nan)
        share = found.component / (_Z95 * sigma[found.series])
    return {
        "portfolio_id": series.ids(found.series),
        "view_name": series.views(found.series),
        "group_by": found.kind,
        "group_name": found.name,
        "is_rest": found.is_rest,
        "position_count": np.ma.MaskedArray(found.count, found.count < 0),
        "delta_adjusted_exposure": found.exposure,
        "component_var_95_1d": found.component,
        "divided_var_95_1d": found.divided,
        "marginal_var_95_1d": marginal,
        "share_of_var": share,
    }


def _by_lot(marks: Marks, contributions: dict[str, Array], of: Ints) -> list[Groups]:
    found = []
    ids = contributions["position_id"].view("S16")
    order = np.argsort(ids, kind="stable")
    for kind, rest, columns in (
        (b"sector", b"unassigned", (marks.sectors["position_id"], marks.sectors["sector"], None)),
        (b"tag", b"untagged", (marks.tags["position_id"], marks.tags["tag"], marks.tags["tag_count"])),
    ):
        lots, names, tag_count = columns
        begin = np.searchsorted(ids, lots.view("S16"), "left", sorter=order)
        size = np.searchsorted(ids, lots.view("S16"), "right", sorter=order) - begin
        mark = np.repeat(np.arange(len(lots)), size)
        row = order[np.repeat(begin, size) + np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)]
        all_names, name = np.unique(names, return_inverse=True)
        cells, first, cell = np.unique(of[row] * len(all_names) + name[mark], return_index=True, return_inverse=True)
        count = len(cells)
        exposure, component = (
            contributions[column][row] for column in ("delta_adjusted_exposure", "component_var_95_1d")
        )
        divided = component / (1 if tag_count is None else tag_count[mark])
        own = all_names[cells % len(all_names)]
        found.append(
            Groups(
                of[row][first],
                np.full(count, kind, "S12"),
                np.where(own == b"", rest, own).astype("S48"),
                own == b"",
                np.bincount(cell, minlength=count),
                *(_known_sums(cell, values, count) for values in (exposure, component, divided)),
            )
        )
    return found


def _known_sums(cell: Ints, values: Floats, count: int) -> Floats:
    """Sums of what is known by cell; NaN where nothing is."""
    is_known = np.isfinite(values)
    sums = np.bincount(cell, np.where(is_known, values, 0), count)
    return np.where(np.bincount(cell, is_known, count) > 0, sums, np.nan)


def _by_factor(exposures: Floats, component: Floats, var: Floats) -> list[Groups]:
    held = np.flatnonzero(np.isfinite(exposures).all(axis=1) & np.isfinite(var))
    series, factor = np.repeat(held, len(_NAMES)), np.tile(np.arange(len(_NAMES)), len(held))
    added = component[series, factor]
    rest = var[held] - component[held].sum(axis=1)
    no_lots = [np.full(len(one), -1) for one in (series, held)]
    return [
        Groups(
            series,
            np.full(len(series), b"factor", "S12"),
            _NAMES[factor],
            np.zeros(len(series), bool),
            no_lots[0],
            exposures[series, factor],
            added,
            added,
        ),
        Groups(
            held,
            np.full(len(held), b"factor", "S12"),
            np.full(len(held), b"specific", "S48"),
            np.ones(len(held), bool),
            no_lots[1],
            np.full(len(held), np.nan),
            rest,
            rest,
        ),
    ]

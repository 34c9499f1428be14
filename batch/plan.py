"""The plan of a build: what dbt had the server do, node by node, kept on disk for the runs after it.

What a run asks of the server follows from the project's files, the settings and the database's name alone: which rows
are new is decided in SQL, through int_run and what was touched. dbt takes four to six seconds of CPU to arrive at
the same statements each time, more than the server takes for them.
"""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from sigmasight.log import get_logger
from sigmasight.settings import ROOT

log = get_logger(__name__)

FILE = "kept_plan.json"
# raised when what is kept is written in another way
_FORMAT = 2


@dataclass(frozen=True)
class Node:
    """A model or data test. `statements`: one transaction; `after`: ids of nodes of the plan that come before it.

    engine: whose time it is. table: of a published model, the table's name; None for all others.
    """

    id: str
    name: str
    kind: Literal["model", "test"]
    engine: str | None
    table: str | None
    statements: list[str]
    after: list[str]


@dataclass(frozen=True)
class Engine:
    """An engine and its published tables. `isolated`: a run may be published without it."""

    name: str
    isolated: bool
    tables: list[str]


@dataclass(frozen=True)
class Plan:
    """All that a build does which leaves views and seeds as they are.

    cube: the schema of the extension that its statements use (dbt/macros/unit_returns.sql); None where they use none.
    """

    nodes: list[Node]
    engines: list[Engine]
    cube: str | None = None


def read_plan(key: str) -> Plan | None:
    """The plan that is kept; None where there is none, or one for another key."""
    try:
        kept = orjson.loads(_path().read_bytes())
        if kept["key"] != _full(key):
            return None
        return Plan(
            [Node(**node) for node in kept["nodes"]], [Engine(**engine) for engine in kept["engines"]], kept["cube"]
        )
    except OSError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        # a file that was torn is only worth working out again
        log.warning("the kept plan cannot be read", reason=type(error).__name__)
        return None


def write_plan(key: str, plan: Plan) -> None:
    """Keep it for the next run; a folder that cannot be written costs only time.

    key: stands for everything that the statements follow from.
    """
    path = _path()
    written = path.with_suffix(f".{os.getpid()}")
    content: dict[str, Any] = {"key": _full(key), **asdict(plan)}
    try:
        written.write_bytes(orjson.dumps(content))
        written.replace(path)
    except OSError as error:
        log.warning("the plan is not kept", reason=str(error))


def _full(key: str) -> str:
    return f"{_FORMAT} {key}"


def _path() -> Path:
    return Path(os.environ.get("DBT_TARGET_PATH", ROOT / "target")) / FILE

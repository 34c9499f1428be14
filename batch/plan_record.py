"""Work out the plan of a build by noting what dbt asks of the server while it builds."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from batch.plan import Engine, Node, Plan
from sigmasight.log import get_logger

log = get_logger(__name__)

# what a materialization does only when its table is new says so (dbt/macros/published.sql)
ONCE = "/* once */"
_FIRST_WORD = re.compile(r"(?:\s+|--[^\n]*\n|/\*.*?\*/)*(\w*)", re.DOTALL)
# their tests are for a build of everything, as batch/build.py has it
_UNTESTED = ("dbt/models/staging/", "dbt/models/intermediate/")
_SUCCEEDED = ("success", "pass")


@dataclass(frozen=True)
class Asked:
    """A statement that dbt sent for a node; `fetched`: its rows were read."""

    sql: str
    fetched: bool


Record = dict[str, list[Asked]]


@contextmanager
def recording() -> Iterator[Record]:
    """What dbt asks of the server in the block, by the id of the node that it is for."""
    from dbt.adapters.sql.connections import SQLConnectionManager

    execute = SQLConnectionManager.execute
    record: Record = {}

    def noting(
        self: Any, sql: str, auto_begin: bool = False, fetch: bool = False, limit: int | None = None
    ) -> tuple[Any, Any]:
        answer = execute(self, sql, auto_begin, fetch, limit)
        record.setdefault(str(self.get_thread_connection().name), []).append(Asked(sql, fetch))
        return answer

    SQLConnectionManager.execute = noting  # type: ignore[method-assign]
    try:
        yield record
    finally:
        SQLConnectionManager.execute = execute  # type: ignore[method-assign]


def plan_of(manifest: Any, results: Iterable[Any], record: Record, isolated_engines: Iterable[str]) -> Plan | None:
    """The plan that a build amounts to; None where a node failed or was left out, or something was mended that will
    not have to be again."""
    succeeded = {one.node.unique_id for one in results if str(one.status) in _SUCCEEDED}
    planned = {node.unique_id: node for node in manifest.nodes.values() if _is_planned(node)}
    nodes = []
    for unique_id, node in planned.items():
        kind = str(node.resource_type)
        statements = effects(record.get(unique_id, []), kind)
        if unique_id not in succeeded or not statements:
            log.info("the build is no plan", node=node.name)
            return None
        is_published = kind == "model" and node.config.materialized == "published"
        nodes.append(
            Node(
                id=unique_id,
                name=node.name,
                kind="model" if kind == "model" else "test",
                engine=_engine(node, manifest, set(isolated_engines)),
                table=node.alias if is_published else None,
                statements=statements,
                after=sorted(_before(unique_id, manifest, planned)),
            )
        )
    return Plan(nodes, _engines(manifest, set(isolated_engines)))


def effects(asked: list[Asked], kind: str) -> list[str]:
    """What has an effect, of a test what it found; none where something was done that no plan holds."""
    if kind == "test":
        return [one.sql for one in asked if one.fetched]
    kept = []
    for one in asked:
        match = _FIRST_WORD.match(one.sql)
        word = match[1].lower() if match else ""
        if ONCE in one.sql or (one.fetched and word != "create"):
            # dbt reads what is there, and creates indexes in the same way
            continue
        if word == "drop" and "create" not in one.sql.lower():
            # a table took the place of a view, or a view that of a table
            return []
        kept.append(one.sql)
    return kept


def _is_planned(node: Any) -> bool:
    if str(node.resource_type) == "model":
        return node.config.materialized in ("scratch", "published")
    return str(node.resource_type) == "test" and not node.original_file_path.startswith(_UNTESTED)


def _before(unique_id: str, manifest: Any, planned: dict[str, Any]) -> set[str]:
    """The nodes of the plan that a node reads, also through views."""
    found: set[str] = set()
    for parent in manifest.nodes[unique_id].depends_on_nodes:
        if parent in planned:
            found.add(parent)
        elif parent in manifest.nodes:
            found |= _before(parent, manifest, planned)
    return found


def _engine(node: Any, manifest: Any, isolated_engines: set[str]) -> str | None:
    """As the macro engine_of: what `meta` says, of a test the isolated engine that it reads, else the first one."""
    own: str | None = (node.config.meta or {}).get("engine")
    if own or str(node.resource_type) != "test":
        return own
    read = [manifest.nodes[one].config.meta.get("engine") for one in node.depends_on_nodes if one in manifest.nodes]
    named = [engine for engine in read if engine]
    return next((engine for engine in named if engine in isolated_engines), named[0] if named else None)


def _engines(manifest: Any, isolated_engines: set[str]) -> list[Engine]:
    tables: dict[str, list[str]] = {}
    for node in manifest.nodes.values():
        engine = str(node.resource_type) == "model" and node.config.meta.get("engine")
        if engine:
            mine = tables.setdefault(engine, [])
            if node.config.materialized == "published":
                mine.append(node.alias)
    return [Engine(name, name in isolated_engines, mine) for name, mine in tables.items()]

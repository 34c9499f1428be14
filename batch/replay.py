"""Do what a plan says: the statements of dbt's models and data tests, two nodes at a time, without dbt."""

import heapq
import json
import threading
import time
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import psycopg

from batch.build import BuildReport
from batch.plan import Node, Plan
from sigmasight.log import get_logger
from sigmasight.progress import Progress

log = get_logger(__name__)

# as `threads` in profiles.yml
_LANES = 2
# by this name the marts know a session that reads the run being built (ops.visible_run)
_APPLICATION = "sigmasight_build"


class PlanFailed(Exception):
    """A statement or a data test failed. What the run has written so far has to be discarded."""


@dataclass(frozen=True)
class Replayed:
    """What was done, and what ops.publish_run() is told of the engines."""

    report: BuildReport
    engines: list[dict[str, Any]]


@dataclass
class _Done:
    node: Node
    lane: "_Lane"
    seconds: float = 0.0
    rows: int = 0
    error: BaseException | None = None


def replay(plan: Plan, url: str, progress: Progress) -> Replayed:
    """Build and audit the run that is being built; publishing it is the caller's.

    Raises PlanFailed at the first node that fails: dbt, asked again, says what is wrong and whose fault it is.
    """
    finished: list[_Done] = []
    done: SimpleQueue[_Done] = SimpleQueue()
    lanes = [_Lane(url, done) for _ in range(_LANES)]
    order = _Order(plan)
    idle = list(lanes)
    with progress.task("build and test the models", total=len(plan.nodes)) as task:
        try:
            while len(finished) < len(plan.nodes):
                while idle and order.ready:
                    idle.pop().inbox.put(order.take())
                one = done.get()
                if one.error is not None:
                    log.info("plan", node=one.node.name, status="error")
                    reason = (str(one.error).splitlines() or [type(one.error).__name__])[0]
                    raise PlanFailed(f"{one.node.kind} {one.node.name}: {reason}") from one.error
                log.info("plan", node=one.node.name, status="success")
                finished.append(one)
                order.finish(one.node)
                idle.append(one.lane)
                task.advance()
        except BaseException:
            for lane in lanes:
                lane.cancel()
            raise
        finally:
            for lane in lanes:
                lane.end()
    return Replayed(_report(finished), _engines(plan, finished))


class _Order:
    """What may begin: among nodes whose turn it is, the one on which the longest chain of others waits."""

    def __init__(self, plan: Plan) -> None:
        self._nodes = {node.id: node for node in plan.nodes}
        self._missing = {node.id: set(node.after) for node in plan.nodes}
        self._next: dict[str, list[str]] = {node.id: [] for node in plan.nodes}
        for node in plan.nodes:
            for before in node.after:
                self._next[before].append(node.id)
        self._chains: dict[str, int] = {}
        self.ready: list[tuple[int, str]] = []
        for node in plan.nodes:
            if not node.after:
                self._add(node.id)

    def take(self) -> Node:
        """The next node."""
        return self._nodes[heapq.heappop(self.ready)[1]]

    def finish(self, node: Node) -> None:
        """It is done, so that others may begin."""
        for following in self._next[node.id]:
            self._missing[following].discard(node.id)
            if not self._missing[following]:
                self._add(following)

    def _add(self, node_id: str) -> None:
        heapq.heappush(self.ready, (-self._chain(node_id), node_id))

    def _chain(self, node_id: str) -> int:
        if node_id not in self._chains:
            self._chains[node_id] = 1 + max((self._chain(one) for one in self._next[node_id]), default=0)
        return self._chains[node_id]


class _Lane:
    """A connection and the thread that uses it: a node from the inbox at a time, until None comes."""

    def __init__(self, url: str, done: "SimpleQueue[_Done]") -> None:
        self.inbox: SimpleQueue[Node | None] = SimpleQueue()
        self._url, self._done = url, done
        self._connection: psycopg.Connection | None = None
        self._is_cancelled = False
        self._thread = threading.Thread(target=self._work, name="build", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Let it finish what it does, and go."""
        self.inbox.put(None)
        self._thread.join()

    def cancel(self) -> None:
        """End the statement that runs, and begin no other."""
        self._is_cancelled = True
        if self._connection is not None:
            self._connection.cancel()

    def _work(self) -> None:
        try:
            while (node := self.inbox.get()) is not None:
                self._done.put(self._try(node))
        finally:
            if self._connection is not None:
                self._connection.close()

    def _try(self, node: Node) -> _Done:
        began = time.perf_counter()
        try:
            if self._connection is None:
                # as dbt would: with the server's own settings
                self._connection = psycopg.connect(
                    self._url, autocommit=True, application_name=_APPLICATION, connect_timeout=10
                )
            rows = self._do(self._connection, node)
        except Exception as error:
            return _Done(node, self, error=error)
        return _Done(node, self, time.perf_counter() - began, rows)

    def _do(self, conn: psycopg.Connection, node: Node) -> int:
        """One transaction; the number of rows that a published table got."""
        # the server's log tells what a statement is for, in dbt's own way
        comment = f"/* {json.dumps({'app': 'sigmasight', 'node_id': node.id})} */\n"
        rows = 0
        with conn.transaction():
            for statement in node.statements:
                if self._is_cancelled:
                    raise PlanFailed("cancelled")
                cursor = conn.execute((comment + statement).encode())
                if node.kind == "test":
                    row = cursor.fetchone()
                    if row is None or row[1] or row[2]:
                        raise PlanFailed(f"it found {row and row[0]} rows")
                elif node.table and (cursor.statusmessage or "").startswith("INSERT"):
                    rows += cursor.rowcount
        return rows


def _report(finished: list[_Done]) -> BuildReport:
    rows = {one.node.name: one.rows for one in finished if one.node.table}
    models = sum(one.node.kind == "model" for one in finished)
    return BuildReport(
        models=models,
        tests=len(finished) - models,
        rows=sum(rows.values()),
        seconds_by_node={one.node.name: round(one.seconds, 3) for one in finished},
        rows_by_node=rows,
    )


def _engines(plan: Plan, finished: list[_Done]) -> list[dict[str, Any]]:
    """What the macro told_engines tells of a build in which nothing failed."""
    return [
        {
            "engine": engine.name,
            "isolated": engine.isolated,
            "failed": False,
            "reason": None,
            "detail": None,
            "seconds": sum(one.seconds for one in finished if one.node.engine == engine.name),
            "rows": sum(one.rows for one in finished if one.node.engine == engine.name),
            "tables": engine.tables if engine.isolated else [],
        }
        for engine in plan.engines
    ]

"""`make bench ARGS="engines"`: each engine's models against numpy, pandas or plain SQL doing the same.

A module of this folder is an engine: its name is that of `config.meta.engine` of the models, and its `ENGINE` says what
they are compared with. It is found by being there. Engines in turn, one at a time:

- the project builds all models one after the other (so that none has a neighbour), and what the server took for the
  statements of the engine's models is the engine's time;
- each peer (in numpy: `_peer.in_numpy`) reads from that same database what the models read (prices, positions, what the
  core published), and writes its rows into schema `result` of it, keys included, in a process of its own; imports are
  not counted;
- after the first round every row of `Engine.tables` is compared, figures to 1e-9.
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.results_tables import ResultTable

Peer = Callable[[str], dict[str, float]]


@dataclass(frozen=True)
class Bound:
    """A goal: the peer's seconds over the project's should be `at_least`; None is told without being judged.

    `models`: those that do what the peer does, where it does not do everything. `project`: a peer that runs the
    project's functions, where the books of the benchmark leave its models nothing to do.
    """

    peer: str
    at_least: float | None = None
    models: Sequence[str] = ()
    project: str = ""

    def against(self, engine: str) -> str:
        """The step that the peer of that engine is set against."""
        if self.project:
            return f"{engine}: {self.project}"
        return f"{engine}: project, what {self.peer} does" if self.models else f"{engine}: project"


@dataclass(frozen=True)
class Engine:
    """`peers`: name → a function that reads from the database at a URL, writes into schema `result`, and tells seconds.

    `tables`: what a peer leaves there, each with the project's relation that holds the same (`ResultTable.source`); a
    peer may leave fewer (`leaves`: peer → names of tables), but not none. `bounds`: what is to be proved.
    `prepare`: what the peers need beside the benchmark's market, made before them without being timed.
    """

    peers: dict[str, Peer]
    tables: Sequence[ResultTable]
    bounds: Sequence[Bound] = ()
    leaves: dict[str, Sequence[str]] = field(default_factory=dict)
    prepare: Callable[[str], None] | None = None

    def tables_of(self, peer: str) -> list[ResultTable]:
        """The tables that are compared after the peer has run."""
        names = self.leaves.get(peer)
        return [one for one in self.tables if names is None or one.name in names]


def load(name: str) -> Engine:
    """The engine of that name."""
    engine: Engine = importlib.import_module(f"bench.engines.{name}").ENGINE
    return engine


def names() -> list[str]:
    """All engines that have a benchmark."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if not name.startswith("_"))

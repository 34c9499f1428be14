"""The parsed dbt project, kept by a process that builds again and again, and on disk for the processes after it."""

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from batch.build import ROOT, parse, source_hash
from db.connection import environment
from sigmasight.log import get_logger
from sigmasight.settings import Settings

log = get_logger(__name__)

FILE = "kept_manifest.msgpack"


class KeptManifest:
    """The project as it is for the database at `url`; parsed when it is asked for the first time, and again when one of
    its files or a setting that decides figures has changed. Reading it from disk takes a fifth of parsing."""

    def __init__(self, url: str, settings: Settings) -> None:
        # models may refer to others by these
        self._environment = {**environment(url), **figure_settings(settings)}
        self._key: bytes | None = None
        self._manifest: Any = None

    def get(self) -> Any:
        """The manifest as the files are now. Raises UserError where they cannot be parsed."""
        key = self.key().encode()
        if key != self._key:
            self._manifest = _read(key)
            if self._manifest is None:
                self._manifest = parse(self._environment)
                _write(key, self._manifest)
            self._key = key
        return self._manifest

    def key(self) -> str:
        """Stands for all that the project's SQL follows from: its files, dbt, the settings, the database's name."""
        about = (
            # without importing it
            *(version(name) for name in ("dbt-core", "dbt-postgres")),
            *(self._environment[name] for name in ("PGDATABASE", "RISK_FREE_RATE", "GREEKS_SOURCE")),
        )
        return source_hash("\0".join(about))


def figure_settings(settings: Settings) -> dict[str, str]:
    """The settings that decide figures, as the variables that the project reads."""
    return {"RISK_FREE_RATE": repr(settings.risk_free_rate), "GREEKS_SOURCE": settings.greeks_source}


def _path() -> Path:
    return Path(os.environ.get("DBT_TARGET_PATH", ROOT / "target")) / FILE


def _read(key: bytes) -> Any:
    """The manifest on disk; None where there is none, or one of other files."""
    try:
        kept, data = (content := _path().read_bytes())[: len(key)], content[len(key) :]
    except OSError:
        return None
    if kept != key:
        return None
    from dbt.contracts.graph.manifest import Manifest

    try:
        manifest: Any = Manifest.from_msgpack(data)
    except Exception as error:  # a file that was torn or written by other software is only worth parsing again
        log.warning("the kept manifest cannot be read", reason=type(error).__name__)
        return None
    # as dbt does after it has read its own
    manifest.build_parent_and_child_maps()
    manifest.build_flat_graph()
    return manifest


def _write(key: bytes, manifest: Any) -> None:
    """Keep it for the next process; a folder that cannot be written costs only time."""
    from dbt.parser.manifest import extended_mashumaro_encoder

    path = _path()
    written = path.with_suffix(f".{os.getpid()}")
    try:
        written.write_bytes(key + manifest.to_msgpack(extended_mashumaro_encoder))
        written.replace(path)
    except OSError as error:
        log.warning("the manifest is not kept", reason=str(error))

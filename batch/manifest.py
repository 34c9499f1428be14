"""The parsed dbt project, kept by a process that builds again and again, and on disk for the processes after it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
        self._parser: subprocess.Popen[bytes] | None = None

    @contextmanager
    def parsed_meanwhile(self) -> Iterator[None]:
        """Have another process parse the project while the block does something else first, for `get` in the block.

        Nothing is started where it is parsed already. The process ends with the block.
        """
        key = self.key().encode()
        if key != self._key and not _is_kept(key):
            self._parser = subprocess.Popen(
                [sys.executable, "-m", "batch.manifest", key.decode()],
                cwd=ROOT,
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        try:
            yield
        finally:
            if self._parser is not None:
                self._parser.kill()
                self._parser.wait()
                self._parser = None

    def get(self) -> Any:
        """The manifest as the files are now. Raises UserError where they cannot be parsed."""
        key = self.key().encode()
        if key != self._key:
            if self._parser is not None:
                # where it fails, we do, too, and say why
                self._parser.wait()
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


def _is_kept(key: bytes) -> bool:
    try:
        with _path().open("rb") as file:
            return file.read(len(key)) == key
    except OSError:
        return False


def _read(key: bytes) -> Any:
    """The manifest on disk; None where there is none, or one of other files."""
    if not _is_kept(key):
        return None
    data = _path().read_bytes()[len(key) :]
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


def main() -> None:
    """Parse the project with the variables of this process, and keep it under the key that is given."""
    _write(sys.argv[1].encode(), parse({}))


if __name__ == "__main__":
    main()

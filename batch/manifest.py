"""The parsed dbt project, kept by a process that builds again and again."""

from typing import Any

from batch.build import parse, source_hash
from db.connection import environment


class KeptManifest:
    """The project as it is for the database at `url`; parsed when it is asked for the first time, and again when one of
    its files has changed."""

    def __init__(self, url: str) -> None:
        self._environment = environment(url)
        self._source: str | None = None
        self._manifest: Any = None

    def get(self) -> Any:
        """The manifest as the files are now. Raises UserError where they cannot be parsed."""
        source = source_hash("")
        if source != self._source:
            self._manifest = parse(self._environment)
            self._source = source
        return self._manifest

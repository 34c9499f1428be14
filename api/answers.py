"""Answers that are kept: the same question about the same run is not computed twice."""

from collections import OrderedDict

_NOTHING = ("", b"")


class Answers:
    """The latest body for each question (an ETag's digest) with its version; `most_bytes` of bodies in all.

    Whoever asks still passes the database, which says what version they may see; only the body comes from here.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._kept: OrderedDict[str, tuple[str, bytes]] = OrderedDict()

    def get(self, digest: str) -> tuple[str, bytes]:
        """The version and the body that are kept for a question; empty ones where none is."""
        kept = self._kept.get(digest)
        if kept is None:
            return _NOTHING
        self._kept.move_to_end(digest)
        return kept

    def keep(self, digest: str, version: str, body: bytes) -> None:
        """Keep a body in the place of what was kept for the question; those not asked for longest make room."""
        self._bytes -= len(self._kept.pop(digest, _NOTHING)[1])
        if len(body) > self._most_bytes:
            return
        self._kept[digest] = version, body
        self._bytes += len(body)
        while self._bytes > self._most_bytes:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._bytes -= len(dropped)

"""Flat files in a folder: found, hashed, read as text line by line."""

import gzip
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sigmasight.errors import UserError

_CHUNK = 1 << 20


def find_files(folder: Path) -> list[Path]:
    """All `*.csv` and `*.csv.gz` below a folder, by name. Raises UserError where there is no such folder."""
    if not folder.is_dir():
        raise UserError(f"FLAT_FILES_DIR={folder} is not a folder. Point it to the folder that holds the CSV files.")
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name.lower().endswith((".csv", ".csv.gz")))


def sha256_of(path: Path) -> tuple[bytes, int]:
    """The hash and the size in bytes of a file as it lies there."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.digest(), size


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """The unpacked content, without a byte order mark."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        stream: IO[bytes] = io.BufferedReader(gzip.GzipFile(fileobj=file), _CHUNK) if packed else file
        if stream.read(3) != b"\xef\xbb\xbf":
            stream.seek(0)
        yield stream


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a file as UTF-8 text. Raises UnicodeDecodeError."""
    with open_bytes(path) as stream:
        for line in stream:
            yield line.decode("utf-8")


def chunks_of(stream: IO[bytes]) -> Iterator[bytes]:
    """What is left of a stream, in large pieces."""
    while chunk := stream.read(_CHUNK):
        yield chunk

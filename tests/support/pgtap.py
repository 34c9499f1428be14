"""pgTAP, which is plain SQL: fetched once into `.sigmasight/`, loaded into the schema `tap` of a test database."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "@electric-sql/pglite-pgtap@0.0.15"
FILE = "pgtap--1.3.5.sql"
SHA256 = "92ee8ada9672e6201105a78614be8d07b8a76e5c17c85b42c279f6e48c84da68"
CACHE = ROOT / ".sigmasight" / "pgtap" / FILE


class PgtapMissing(Exception):
    """pgTAP can be had neither from the server nor from the package registry."""


def install(conn: psycopg.Connection) -> None:
    """Put pgTAP's functions into the schema `tap` of the database of `conn` (autocommit). Raises PgtapMissing."""
    conn.execute("create schema if not exists tap")
    try:
        text = fetch()
    except PgtapMissing:
        if conn.execute("select 1 from pg_available_extensions where name = 'pgtap'").fetchone() is None:
            raise
        conn.execute("create extension pgtap schema tap")
        return
    with conn.transaction():
        conn.execute("set local search_path = tap")
        conn.execute(text.encode())


def fetch() -> str:
    """The SQL of pgTAP 1.3.5, from the cache or else through npm. Raises PgtapMissing."""
    if not CACHE.exists():
        CACHE.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE.parent) as folder:
            _unpack(_pack(Path(folder)), Path(folder) / FILE)
            (Path(folder) / FILE).replace(CACHE)
    return _checked(CACHE)


def _checked(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if hashlib.sha256(text.encode()).hexdigest() != SHA256:
        raise PgtapMissing(f"{path} is not pgTAP 1.3.5 as released; delete it and try again")
    return text


def _pack(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise PgtapMissing(
            "The tests of SQL functions need pgTAP. Install npm (it is then fetched from the package registry), "
            f"or put {FILE} into {CACHE.parent}, or use a server that offers the extension pgtap."
        )
    command = [npm, "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = list(folder.glob("*.tgz"))
    if done.returncode != 0 or not found:
        raise PgtapMissing(f"npm could not fetch {PACKAGE}, which the tests of SQL functions need:\n{done.stderr}")
    return found[0]


def _unpack(package: Path, target: Path) -> None:
    with tarfile.open(package) as outer:
        member = next(m for m in outer.getmembers() if m.name.endswith("pgtap.tar.gz"))
        with tarfile.open(fileobj=outer.extractfile(member)) as inner:
            source = inner.extractfile(next(m for m in inner.getmembers() if m.name.endswith(FILE)))
            assert source is not None
            target.write_bytes(source.read())
    _checked(target)


if __name__ == "__main__":
    try:
        fetch()
    except PgtapMissing as error:
        sys.exit(str(error))

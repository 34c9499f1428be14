"""Migrations once, functions and roles whenever they change: plain SQL files, each in one transaction."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from db.extensions import create_cube
from sigmasight.errors import UserError
from sigmasight.log import get_logger

log = get_logger(__name__)

FOLDER = Path(__file__).resolve().parent
OLDEST_SERVER = 15

# any number that nobody else locks
_LOCK_KEY = 0x51674D61

_BOOK = """
create schema if not exists ops;
create table if not exists ops.schema_migrations (
    file_name text primary key,
    sha256 bytea not null,
    applied_at timestamptz not null default clock_timestamp()
);
comment on table ops.schema_migrations is 'One row per applied file of db/migrations, with the hash of its text.';
create table if not exists ops.function_files (
    file_name text primary key,
    sha256 bytea not null,
    applied_at timestamptz not null default clock_timestamp()
);
comment on table ops.function_files is 'One row per file of db/functions, and db/roles.sql, as last applied.';
"""


@dataclass(frozen=True)
class MigrationReport:
    """File names, relative to `db/`: what was applied now, and function files that are gone."""

    migrations: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    removed_functions: list[str] = field(default_factory=list)
    roles: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.migrations or self.functions or self.removed_functions or self.roles)

    def lines(self) -> list[str]:
        """What happened, a line each; for people."""
        lines = [f"applied {name}" for name in (*self.migrations, *self.functions)]
        if self.roles:
            lines.append("applied roles.sql")
        lines += [f"{name} is gone: drop its functions in a migration" for name in self.removed_functions]
        return lines or ["nothing to do"]


@dataclass(frozen=True)
class SqlFile:
    """A file of SQL: its name relative to `db/`, its text with \\n at line ends, the hash of that text."""

    name: str
    text: str
    sha256: bytes

    @classmethod
    def read(cls, path: Path, folder: Path) -> "SqlFile":
        # a checkout with CRLF is the same file
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        return cls(path.relative_to(folder).as_posix(), text, hashlib.sha256(text.encode()).digest())


def migrate(conn: psycopg.Connection, folder: Path = FOLDER) -> MigrationReport:
    """Bring the database to what the files in `folder` say.

    Applies `migrations/*.sql` in order, each once; then every file of `functions/<schema>/` (finance, then the others,
    in alphabetical order) and `roles.sql` that changed. Roles are also applied again after any other file, because a
    function made anew has lost its grants. Last comes the extension that is used where the server has it. Two processes
    at once take turns. `conn` must not be in a transaction.

    Raises UserError: server older than 15, a changed or vanished migration, SQL that fails (file, line, message).
    """
    if conn.info.server_version < OLDEST_SERVER * 10000:
        version = conn.info.parameter_status("server_version")
        raise UserError(
            f"The database server is PostgreSQL {version}; SigmaSight needs {OLDEST_SERVER} or newer. "
            "Set DATABASE_URL to a newer server, or unset it to use the embedded one."
        )
    before = conn.autocommit
    conn.autocommit = True
    try:
        conn.execute("select pg_advisory_lock(%s)", [_LOCK_KEY])
        try:
            return _migrate(conn, folder)
        finally:
            if not conn.broken:
                conn.execute("select pg_advisory_unlock(%s)", [_LOCK_KEY])
    finally:
        if not conn.closed:
            conn.autocommit = before


def _migrate(conn: psycopg.Connection, folder: Path) -> MigrationReport:
    if conn.execute("select to_regclass('ops.schema_migrations'), to_regclass('ops.function_files')").fetchone() != (
        "ops.schema_migrations",
        "ops.function_files",
    ):
        with conn.transaction():
            conn.execute(_BOOK)
    migrations = _apply_migrations(conn, folder)
    functions, removed = _apply_functions(conn, folder)
    roles = _apply_roles(conn, folder, force=bool(migrations or functions))
    create_cube(conn)
    report = MigrationReport(migrations, functions, removed, roles)
    if not report.is_empty:
        log.info("migrated", migrations=migrations, functions=functions, removed=removed, roles=roles)
    return report


def _apply_migrations(conn: psycopg.Connection, folder: Path) -> list[str]:
    files = [SqlFile.read(path, folder) for path in sorted((folder / "migrations").glob("*.sql"))]
    applied = _book(conn, "schema_migrations")
    changed = [file.name for file in files if applied.get(file.name, file.sha256) != file.sha256]
    if changed:
        raise UserError(
            f"{_db_names(changed)} changed after being applied to this database. Put the old text back and write what "
            "you want to change as a new migration."
        )
    vanished = sorted(applied.keys() - {file.name for file in files})
    if vanished:
        raise UserError(
            f"{_db_names(vanished)} was applied to this database and is not here: the database is newer than this "
            "checkout. Update the checkout."
        )
    new = [file for file in files if file.name not in applied]
    for file in new:
        with conn.transaction():
            _execute(conn, file)
            _note(conn, "schema_migrations", file)
    return [file.name for file in new]


def _apply_functions(conn: psycopg.Connection, folder: Path) -> tuple[list[str], list[str]]:
    files = [SqlFile.read(path, folder) for path in (folder / "functions").rglob("*.sql")]
    files.sort(key=lambda file: (not file.name.startswith("functions/finance/"), file.name))
    applied = {name: sha256 for name, sha256 in _book(conn, "function_files").items() if name.startswith("functions/")}
    changed = [file for file in files if applied.get(file.name) != file.sha256]
    for file in changed:
        schema = file.name.split("/")[1]
        with conn.transaction():
            conn.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
            if not file.name.startswith("functions/finance/"):
                # these read marts, which are there only after the first build
                conn.execute("set local check_function_bodies = off")
            _execute(conn, file)
            _note(conn, "function_files", file)
    removed = sorted(applied.keys() - {file.name for file in files})
    if removed:
        conn.execute("delete from ops.function_files where file_name = any(%s)", [removed])
    return [file.name for file in changed], removed


def _apply_roles(conn: psycopg.Connection, folder: Path, *, force: bool) -> bool:
    path = folder / "roles.sql"
    if not path.exists():
        return False
    file = SqlFile.read(path, folder)
    if not force and _book(conn, "function_files").get(file.name) == file.sha256:
        return False
    with conn.transaction():
        _execute(conn, file)
        _note(conn, "function_files", file)
    return True


def _book(conn: psycopg.Connection, table: str) -> dict[str, bytes]:
    query = sql.SQL("select file_name, sha256 from ops.{}").format(sql.Identifier(table))
    return dict(conn.execute(query).fetchall())


def _note(conn: psycopg.Connection, table: str, file: SqlFile) -> None:
    query = sql.SQL(
        "insert into ops.{} (file_name, sha256) values (%s, %s) on conflict (file_name) "
        "do update set sha256 = excluded.sha256, applied_at = excluded.applied_at"
    ).format(sql.Identifier(table))
    conn.execute(query, [file.name, file.sha256])


def _execute(conn: psycopg.Connection, file: SqlFile) -> None:
    try:
        conn.execute(file.text.encode())
    except psycopg.Error as error:
        diag = error.diag
        line = ""
        if diag.statement_position:
            line = f", line {file.text.count(chr(10), 0, int(diag.statement_position) - 1) + 1}"
        hint = f" ({diag.message_hint})" if diag.message_hint else ""
        raise UserError(f"db/{file.name}{line}: {diag.message_primary or error}{hint}") from error


def _db_names(names: Iterable[str]) -> str:
    return ", ".join(f"db/{name}" for name in names)

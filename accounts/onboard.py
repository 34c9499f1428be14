"""Take a client on: check both files, open the account, import, backfill, run, verify; what is done stays done."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from accounts.client_file import Client, read_client_file
from accounts.onboarding_steps import STEPS, Steps
from accounts.open import Opened, open_account
from accounts.password_rules import check_new_password
from accounts.password_source import known_password, make_password
from accounts.verify import Verification, find_account, verify
from api.jwt_secret import jwt_secret
from batch.daily import run_daily
from batch.lock import single_flight
from db.connection import connect
from db.migrate import migrate
from db.server import ensure_running
from loaders.market_data import load_market_data
from loaders.positions_csv.load import import_positions
from loaders.positions_csv.outcome import outcome
from loaders.positions_csv.parse import ParsedFile, parse_positions
from loaders.positions_csv.read import read_positions_file
from sigmasight.errors import UserError
from sigmasight.progress import Progress
from sigmasight.settings import Settings

BACKFILL_DAYS = 730

_IS_PUBLISHED = """
select exists (
    select from app.portfolios as p
    inner join ops.published_portfolio_changes() as c using (portfolio_id)
    where p.portfolio_id = %s and p.change_no = c.change_no
)
"""


@dataclass(frozen=True)
class Files:
    """Both files, without an error. `warnings`: sentences for people."""

    client: Client
    parsed: ParsedFile
    data: bytes
    warnings: list[str]


@dataclass(frozen=True)
class Onboarded:
    """A client who was taken on. `steps`: what each step did; `password_file`: where the password is that was made."""

    client: Client
    account: Opened
    steps: dict[str, dict[str, Any]]
    verification: Verification
    warnings: list[str]
    password_file: Path | None


def read_files(client_path: Path, positions_path: Path, environment: str) -> Files:
    """Both files. Raises UserError that lists everything that is wrong with either."""
    today = dt.datetime.now(ZoneInfo("America/New_York")).date()
    found = read_client_file(client_path, environment)
    data = read_positions_file(positions_path)
    parsed = parse_positions(data, file_name=positions_path.name, today=today)
    lines = [error.render(client_path.name) for error in found.errors]
    lines += [error.render(positions_path.name) for error in parsed.errors]
    if lines:
        count = f"{len(lines)} error" + ("" if len(lines) == 1 else "s")
        raise UserError("\n".join([f"Nothing was touched: {count} in the files.", *lines]))
    assert found.client is not None
    return Files(found.client, parsed, data, [*found.warnings, *parsed.warnings])


def onboard(
    settings: Settings,
    client_path: Path,
    positions_path: Path,
    *,
    password_file: Path | None = None,
    base_url: str | None = None,
    progress: Progress,
) -> Onboarded:
    """Take a client on; after a failure the same call goes on where that one stopped.

    base_url: of the API that is verified; None: it is served meanwhile. Raises UserError for whatever a person can
    mend; nothing is touched before both files and the password are right.
    """
    with progress.task("check both files"):
        files = read_files(client_path, positions_path, settings.environment)
    if base_url is None:
        # the verification would need it, after everything else was done
        jwt_secret(settings)
    password, made_file = _password(files.client, password_file, settings)
    with progress.task("start the database"):
        url = ensure_running(settings)
    with connect(url, autocommit=True) as conn:
        migrate(conn)
        with progress.task("open the account"):
            opened = open_account(conn, files.client, password, files.parsed, files.data, settings.environment)
        work = _Work(conn, settings, url, files, opened, progress)
        if not opened.is_finished:
            work.import_positions()
            work.load_market_data()
            work.run()
        verification = work.verify(password, base_url)
        if verification.ok:
            conn.execute(
                "update app.onboardings set finished_at = coalesce(finished_at, clock_timestamp()) where user_id = %s",
                (opened.user_id,),
            )
        steps: dict[str, dict[str, Any]] = {step: work.steps.detail_of(step) or {} for step in STEPS}
    return Onboarded(files.client, opened, steps, verification, files.warnings, made_file)


def _password(client: Client, file: Path | None, settings: Settings) -> tuple[str, Path | None]:
    """The client's password, and the file that holds it where that was made by us, now or by an earlier attempt."""
    made_file = file if file is not None and str(file) != "-" else None
    password = known_password(client.password, file, prompt=f"Password of {client.email}: ")
    if password is None:
        if file is None or str(file) == "-":
            raise UserError(
                'There is no password: add "password" to the client file, or name a file with --password-file; '
                "where that file does not exist, a password is made and kept in it."
            )
        return make_password(file), made_file
    check_new_password(password, about=[client.email, client.full_name], environment=settings.environment)
    return password, made_file


@dataclass
class _Work:
    """The steps after the account is open."""

    conn: psycopg.Connection
    settings: Settings
    url: str
    files: Files
    opened: Opened
    progress: Progress

    def __post_init__(self) -> None:
        self.steps = Steps(self.conn, self.opened.user_id)

    def import_positions(self) -> None:
        """The lots and tags of the file."""
        if self.steps.detail_of("positions") is not None:
            return
        with (
            self.progress.task("import the positions") as task,
            single_flight(self.conn),
            self.steps.running("positions") as detail,
            self.conn.transaction(),
        ):
            report = import_positions(self.conn, self.opened.portfolio_id, self.files.parsed)
            detail.update(outcome(self.files.parsed, report))
            # what is stored and that it is stored are one
            self.steps.finish("positions", detail)
            task.advance(len(self.files.parsed.rows))

    def load_market_data(self) -> None:
        """Bars of what is held and of the factor ETFs, options, rates: what is missing of the last 730 days."""
        if self.steps.detail_of("market_data") is not None:
            return
        with single_flight(self.conn), self.steps.running("market_data") as detail:
            as_of = self._published_market_date()
            today = dt.datetime.now(ZoneInfo("America/New_York")).date()
            from_date = None
            if self.settings.lookback_days < BACKFILL_DAYS:
                from_date = (as_of or today) - dt.timedelta(days=BACKFILL_DAYS)
            report = load_market_data(
                self.conn, self.settings, as_of=as_of, from_date=from_date, progress=self.progress
            )
            detail.update(
                provider=report.provider,
                market_date=report.market_date and report.market_date.isoformat(),
                data_points_added=report.rows_new + report.rows_restated,
                unsupported=self._held(report.unsupported),
                problems=report.problems,
            )
            if report.market_date is None:
                raise UserError("There are no prices yet: " + "; ".join(report.problems or ["the provider has none."]))

    def run(self) -> None:
        """The daily run, narrowed to the portfolio; nothing where it is published as it is."""
        with self.steps.running("run") as detail:
            row = self.conn.execute(_IS_PUBLISHED, (self.opened.portfolio_id,)).fetchone()
            if row is None or not row[0]:
                run_daily(
                    self.settings, portfolio_id=self.opened.portfolio_id, progress=self.progress, with_report=False
                )
            found = self.conn.execute(
                "select p.run_id, s.session_date, s.nav, s.position_count from ops.published_run p"
                " left join marts.portfolio_daily_snapshots s on s.portfolio_id = %s"
                " order by s.session_date desc nulls last limit 1",
                (self.opened.portfolio_id,),
            ).fetchone()
            assert found is not None
            run_id, session_date, nav, count = found
            detail.update(
                run_id=run_id,
                market_date=session_date and session_date.isoformat(),
                nav=None if nav is None else float(nav),
                position_count=count,
            )

    def verify(self, password: str, base_url: str | None) -> Verification:
        """Everything that the client will use."""
        account = find_account(self.conn, self.files.client.email)
        assert account is not None
        with self.steps.running("verify") as detail:
            found = verify(
                self.conn, self.settings, self.url, account, password, base_url=base_url, progress=self.progress
            )
            detail.update(ok=found.ok, checks=len(found.checks))
        if not found.ok:
            self.steps.fail("verify", ", ".join(check.name for check in found.checks if not check.ok))
        return found

    def _held(self, symbols: list[str]) -> list[str]:
        held = {lot.symbol for lot in self.files.parsed.rows}
        return [symbol for symbol in symbols if symbol in held]

    def _published_market_date(self) -> dt.date | None:
        row = self.conn.execute(
            "select r.market_date from ops.published_run p join ops.runs r using (run_id)"
        ).fetchone()
        return None if row is None else row[0]

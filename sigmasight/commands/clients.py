"""Clients: take on, verify, remove."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigmasight.commands.shared import json_option, open_database, open_settings

if TYPE_CHECKING:
    from accounts.verify import Account

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_password_option = click.option(
    "--password-file",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    metavar="FILE",
    help="The password is in this file, or on standard input (-).",
)
_url_option = click.option(
    "--url", "base_url", metavar="URL", help="The API to ask; without it, it is served meanwhile."
)


@click.command()
@click.option("--client", "client_file", type=_FILE, required=True, metavar="JSON", help="Who the client is.")
@click.option("--positions", type=_FILE, required=True, metavar="CSV", help="What the client holds.")
@_password_option
@_url_option
@json_option
def onboard(client_file: Path, positions: Path, password_file: Path | None, base_url: str | None, as_json: bool) -> int:
    """Take a client on: check both files, open, import, backfill, run, verify.

    After a failure the same command goes on where it stopped. A --password-file that does not exist is made, with a
    new password in it.
    """
    from accounts.checks import print_checks
    from accounts.letter import letter
    from accounts.onboard import onboard as take_on
    from sigmasight.progress import get_progress

    done = take_on(
        open_settings(),
        client_file,
        positions,
        password_file=password_file,
        base_url=base_url,
        progress=get_progress(),
    )
    verification = done.verification
    if as_json:
        told = {
            "user_id": str(done.account.user_id),
            "portfolio_id": str(done.account.portfolio_id),
            "steps": done.steps,
            "warnings": done.warnings,
            "verification": verification.as_json(),
        }
        click.echo(json.dumps(told, default=str))
        return 0 if verification.ok else 1
    for warning in done.warnings:
        click.echo(f"warning: {warning}")
    print_checks(f"{done.client.email}, portfolio {done.account.portfolio_id}", verification.checks)
    if not verification.ok:
        click.echo("The client is not ready. When that is mended, the same command goes on from here.")
        return 1
    click.echo(f"Ready. Send this on:\n\n{letter(done, base_url or 'http://localhost:8000')}")
    if done.password_file is not None:
        click.echo(f"\nThe password is in {done.password_file}. Hand it over by another way, then delete the file.")
    return 0


@click.command()
@click.argument("email")
@click.option("--client", "client_file", type=_FILE, metavar="JSON", help="The client file, for its password.")
@_password_option
@_url_option
@json_option
def verify(
    email: str, client_file: Path | None, password_file: Path | None, base_url: str | None, as_json: bool
) -> int:
    """Check that a client can work: login, every answer, positions, prices, engines, response times."""
    from accounts.checks import print_checks
    from accounts.client_file import read_client_file
    from accounts.password_source import known_password
    from accounts.verify import demo_password
    from accounts.verify import verify as check
    from db.server import ensure_running
    from sigmasight.errors import UserError
    from sigmasight.progress import get_progress

    settings = open_settings()
    with open_database() as conn:
        account = _account(conn, email)
        client = None if client_file is None else read_client_file(client_file, "development").client
        given = client.password if client is not None else demo_password(account)
        password = known_password(given, password_file, prompt=f"Password of {account.email}: ")
        if password is None:
            raise UserError(
                f"The login of {email} is checked too: give the password with --client or --password-file.", exit_code=2
            )
        found = check(
            conn, settings, ensure_running(settings), account, password, base_url=base_url, progress=get_progress()
        )
    if as_json:
        click.echo(json.dumps(found.as_json()))
    else:
        print_checks(f"{account.email}, portfolio {account.portfolio_id}", found.checks)
    return 0 if found.ok else 1


@click.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove(email: str, yes: bool, as_json: bool) -> int:
    """Remove a client and everything of theirs; prices that others use stay."""
    from accounts.remove import remove_account

    with open_database() as conn:
        account = _account(conn, email)
        if not yes:
            click.confirm(f"Remove {account.full_name} <{account.email}> and everything of theirs?", abort=True)
        removed = remove_account(conn, account)
    if as_json:
        click.echo(json.dumps(removed.as_json()))
        return 0
    rows = sum(removed.rows.values())
    click.echo(f"{removed.email} is removed: {rows:,} rows, portfolios {', '.join(removed.portfolios) or 'none'}.")
    if removed.symbols:
        click.echo(f"Prices that nobody else used went too: {', '.join(removed.symbols)}.")
    return 0


def _account(conn: object, email: str) -> "Account":
    import psycopg

    from accounts.verify import find_account
    from sigmasight.errors import UserError

    assert isinstance(conn, psycopg.Connection)
    account = find_account(conn, email)
    if account is None:
        raise UserError(f"There is no account {email}. `sigmasight portfolios` lists those with a portfolio.")
    return account

"""The database server: the embedded one, or that of DATABASE_URL."""

import json
import os
from pathlib import Path

import click

from sigmasight.commands.shared import json_option, open_settings


@click.group()
def db() -> None:
    """The database server: the embedded one, or that of DATABASE_URL."""


@db.command("start")
def db_start() -> int:
    """Start the embedded server where it does not run."""
    from db import server
    from sigmasight.log import redact

    click.echo(redact(server.ensure_running(open_settings())))
    return 0


@db.command("stop")
def db_stop() -> int:
    """End the embedded server."""
    from db import server

    click.echo("stopped" if server.stop(open_settings()) else "it was not running")
    return 0


@db.command("status")
@json_option
def db_status(as_json: bool) -> int:
    """Tell where the database is and whether it answers."""
    from db import server
    from sigmasight.log import redact

    found = server.status(open_settings())
    if as_json:
        click.echo(json.dumps(found.to_dict()))
    else:
        kind = "embedded" if found.embedded else "DATABASE_URL"
        state = f"PostgreSQL {found.version}, running" if found.running else "does not answer"
        click.echo(f"{kind}: {state}\n{redact(found.url)}")
    return 0


@db.command("migrate")
@json_option
def db_migrate(as_json: bool) -> int:
    """Bring tables, functions and roles to what this checkout says."""
    from dataclasses import asdict

    from db import server
    from db.connection import connect
    from db.migrate import migrate

    with connect(server.ensure_running(open_settings())) as conn:
        report = migrate(conn)
    click.echo(json.dumps(asdict(report)) if as_json else "\n".join(report.lines()))
    return 0


@db.command("backup")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@json_option
def db_backup(file: Path | None, as_json: bool) -> int:
    """Write everything into one file (unless named, a new one under .sigmasight/backups)."""
    from db.backup import backup

    report = backup(open_settings(), file)
    click.echo(json.dumps(report.as_json()) if as_json else "\n".join(report.lines("Backed up to")))
    return 0


@db.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="What the database holds now is lost.")
@json_option
def db_restore(file: Path, replace: bool, as_json: bool) -> int:
    """Fill an empty database from a backup: whole, or not at all."""
    from db.backup import restore

    report = restore(open_settings(), file, replace=replace)
    click.echo(json.dumps(report.as_json()) if as_json else "\n".join(report.lines("Restored from")))
    return 0


@db.command("env")
def db_env() -> int:
    """Print the PG* variables of the database, for other tools: eval "$(sigmasight db env)"."""
    import shlex

    from db import server
    from db.connection import environment

    for name, value in environment(server.ensure_running(open_settings())).items():
        click.echo(f"export {name}={shlex.quote(value)}")
    return 0


@db.command("psql", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def db_psql(arguments: tuple[str, ...]) -> int:
    """Open a prompt on the database; arguments go to psql."""
    from db import server
    from db.connection import environment

    settings = open_settings()
    variables = environment(server.ensure_running(settings))
    psql = server.client_program(settings, "psql")
    # through the environment: an argument would show the password to every account of the machine
    os.execve(psql, [str(psql), *arguments], os.environ | variables)  # noqa: S606 (arguments of our own)

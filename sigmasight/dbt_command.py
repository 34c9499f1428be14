"""The command `dbt` of this project's environment: dbt itself, led to our database.

dbt knows neither DATABASE_URL nor the embedded server, and reads no `.env`. So `dbt build` alone works from the root.
"""

import os
import sys

_WITHOUT_DATABASE = {"parse", "ls", "list", "deps", "clean", "init", "--version", "-v", "--help", "-h"}


def main() -> None:
    """Set the PG* variables, start the embedded server where the command needs one, and hand over to dbt."""
    from db import server
    from db.connection import environment
    from sigmasight.errors import UserError
    from sigmasight.settings import get_settings

    arguments = sys.argv[1:]
    try:
        if (others := others_than_spark_build(arguments)) is not None:
            sys.exit(build_on_spark(others))
        settings = get_settings()
        if not arguments or _WITHOUT_DATABASE.intersection(arguments):
            url = settings.database_url or server.embedded(settings).url
        else:
            url = server.ensure_running(settings)
    except UserError as error:
        print(f"Error: {error.message}", file=sys.stderr)
        sys.exit(error.exit_code)
    os.environ.update(environment(url))
    # as `sigmasight daily` passes it on, or the two would take each other's figures for other logic
    os.environ["RISK_FREE_RATE"] = repr(settings.risk_free_rate)
    os.environ["GREEKS_SOURCE"] = settings.greeks_source

    name_uuid()
    keep_connections()

    from dbt.cli.main import cli

    cli()


def build_on_spark(arguments: list[str]) -> int:
    """`dbt build --target spark`; the exit code. Raises UserError."""
    from batch.spark.build import build_on_spark as build
    from sigmasight.errors import UserError
    from sigmasight.progress import get_progress
    from sigmasight.settings import get_settings

    if arguments:
        raise UserError(
            f"`dbt build --target spark` builds and publishes the whole project, so it takes no {arguments[0]}.",
            exit_code=2,
        )
    report = build(get_settings(), get_progress())
    print(f"Published: {report.models} models, {report.tests} tests, {report.rows} rows.")
    for failure in report.failures:
        print(f"  without {failure}")
    return 0


def others_than_spark_build(arguments: list[str]) -> list[str] | None:
    """What `build --target spark` is asked besides; None where the command is another one."""
    if arguments[:1] != ["build"]:
        return None
    for asked in (["--target", "spark"], ["-t", "spark"], ["--target=spark"]):
        for place in range(1, len(arguments)):
            if arguments[place : place + len(asked)] == asked:
                return arguments[1:place] + arguments[place + len(asked) :]
    return None


def name_uuid() -> None:
    """dbt's driver has no name for the type uuid, and a contract with one would be a warning; values stay text."""
    from psycopg2 import STRING  # type: ignore[import-untyped]
    from psycopg2.extensions import new_type, register_type  # type: ignore[import-untyped]

    register_type(new_type((2950,), "UUID", STRING))


def keep_connections() -> None:
    """Have dbt keep a connection for each thread, with nothing open in it between nodes.

    It closes it after every node, and each new one makes the server read its catalogue anew: much of a small run.
    """
    from dbt.adapters.base.connections import BaseConnectionManager
    from psycopg2 import Error

    def release(self: BaseConnectionManager) -> None:
        with self.lock:
            connection = self.get_if_exists()
        if connection is None:
            return
        if connection.type == "postgres" and connection.state == "open" and not connection.handle.closed:
            try:
                connection.handle.rollback()
            except Error:
                pass
            else:
                connection.transaction_open = False
                return
        try:
            self.close(connection)
        except Exception:
            self.clear_thread_connection()
            raise

    BaseConnectionManager.release = release  # type: ignore[method-assign]

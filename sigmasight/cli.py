"""The command `sigmasight`: its commands lie in `sigmasight/commands`, a file a subject."""

import contextlib
import os
import sys
from collections.abc import Sequence

import click

from sigmasight.commands import COMMANDS
from sigmasight.commands.shared import open_settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sigmasight")
def cli() -> None:
    """Portfolio risk analytics on plain PostgreSQL.

    Exit codes: 0 done, 1 failed, 2 wrong use, 75 already running.
    """


for _command in COMMANDS:
    cli.add_command(_command)


def run(arguments: Sequence[str]) -> int:
    """Run the command line; the exit code. Nothing is raised: people get one message, the log gets the trace."""
    from sigmasight.errors import UserError

    try:
        result = cli.main(list(arguments), prog_name="sigmasight", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except UserError as error:
        click.echo(f"Error: {error.message}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped.", err=True)
        return 130
    except BrokenPipeError:
        # whoever read us has gone; Python must not try to write what is left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # whatever it is, a person gets one line
        click.echo(f"Error: {_explain(error)}", err=True)
        return 1


def _explain(error: Exception) -> str:
    from sigmasight import log

    with contextlib.suppress(Exception):
        # an error this early may have come before the log knew its folder
        open_settings()
    log.get_logger(__name__).exception("unexpected error")
    reason = log.redact(str(error).strip().partition("\n")[0]) or type(error).__name__
    if _is_connection_error(error):
        return f"The database does not answer: {reason}\nCheck DATABASE_URL, or `sigmasight db status`."
    path = log.log_path()
    where = f" The trace is in {path}." if path and path.exists() else ""
    return f"{type(error).__name__}: {reason}.{where}"


def _is_connection_error(error: Exception) -> bool:
    # only where it was imported can it have been raised
    psycopg = sys.modules.get("psycopg")
    # with a state it is the server's answer, such as a full disk
    return psycopg is not None and isinstance(error, psycopg.OperationalError) and error.sqlstate is None


def main() -> None:
    """Entry point of the command `sigmasight`."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

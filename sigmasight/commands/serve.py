"""The HTTP API."""

import click

from sigmasight.commands.shared import open_settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    envvar="PORT",
    default=8000,
    show_default="$PORT or 8000",
    help="0: any free one.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer requests."
)
@click.option("--no-worker", is_flag=True, help="Without the process that does jobs (uploads, daily updates).")
def serve(host: str, port: int, workers: int, no_worker: bool) -> int:
    """Serve the API and its documentation, until it is stopped."""
    from api.server import serve as run_server

    run_server(open_settings(), host, port, workers=workers, with_worker=not no_worker)
    return 0

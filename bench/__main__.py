"""`python -m bench [NAME …] [--size small|large] [--rounds N]`; see README.md."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from bench.api import api
from bench.backfill import backfill
from bench.data import SIZES, Size
from bench.engine_race import engines
from bench.engines import names as engine_names
from bench.firm import firm
from bench.fixed_cost import fixed_cost
from bench.growth import growth
from bench.increment import increment
from bench.ingest import ingest
from bench.onboarding import onboarding
from bench.partitioning import partitioning
from bench.report import Results, update_readme
from bench.securities import securities
from bench.server import BenchServer, bench_server
from bench.server_settings import server_settings
from bench.upload import upload
from bench.year import year
from db.connection import connect
from sigmasight.progress import Progress, get_progress

Benchmark = Callable[[BenchServer, Size, Path, int, Progress], Results]

_BENCHMARKS: dict[str, Benchmark] = {
    "backfill": backfill,
    "increment": increment,
    "ingest": ingest,
    "fixed": fixed_cost,
    "api": api,
    "engines": engines,
    "growth": growth,
    "firm": firm,
    "year": year,
    "onboarding": onboarding,
    "upload": upload,
    "securities": securities,
    "settings": server_settings,
    "partitioning": partitioning,
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(list(_BENCHMARKS)))
@click.option("--size", type=click.Choice(list(SIZES)), default="large", help="60 × 365 or 500 × 1,260 (default).")
@click.option("--rounds", type=click.IntRange(1), default=3, help="How often each contender runs, in turn.")
@click.option(
    "--engine",
    "only",
    multiple=True,
    type=click.Choice(engine_names()),
    help="Of `engines` this one alone; repeatable.",
)
@click.option(
    "--postgres",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The bin folder of another server than the embedded one; its results are kept beside.",
)
def main(names: tuple[str, ...], size: str, rounds: int, only: tuple[str, ...], postgres: Path | None) -> None:
    """Run the benchmarks named, or all of them, on a throw-away server; results go to bench/results/."""
    progress = get_progress()
    with bench_server(postgres) as server, tempfile.TemporaryDirectory(prefix="sigmasight-bench-target-") as target:
        with connect(server.url_of("postgres")) as conn:
            version = str(conn.info.parameter_status("server_version"))
        for name in names or tuple(_BENCHMARKS):
            run = partial(engines, only=only) if name == "engines" else _BENCHMARKS[name]
            results = run(server, SIZES[size], Path(target), rounds, progress)
            path = results.save(version, is_embedded=postgres is None)
            update_readme()
            click.echo(results.markdown())
            click.echo(f"kept in {path}\n")


if __name__ == "__main__":
    main()

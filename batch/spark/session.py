"""A Spark session for one run: its catalog in memory, its tables in a folder of the run's own that goes with it."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg import conninfo

from sigmasight.errors import UserError
from sigmasight.settings import ROOT, Settings

FUNCTIONS = ROOT / "db" / "spark_functions"
# where Debian's libpostgresql-jdbc-java puts it
JDBC_JAR = Path("/usr/share/java/postgresql.jar")


def check(settings: Settings) -> Path:
    """The JDBC driver, where all that Spark needs is here. Raises UserError with what is missing, and the mend."""
    missing = [name for name in ("pyspark", "dbt.adapters.spark") if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError("Spark is not installed here. Run tools/set-up spark (559 MB), then build again.")
    if shutil.which("java", path=_java_path()) is None:
        raise UserError(
            "Spark needs Java 17, and there is no `java` here. Debian: apt-get install openjdk-17-jre-headless"
        )
    if settings.greeks_source != "mock":
        raise UserError(
            "The Greeks of the option model are not computed on Spark. "
            "Build with GREEKS_SOURCE=mock, or on PostgreSQL: dbt build"
        )
    jar = settings.spark_jdbc_jar or JDBC_JAR
    if not jar.is_file():
        raise UserError(
            f"There is no JDBC driver of PostgreSQL in {jar}. "
            "Debian: apt-get install libpostgresql-jdbc-java; elsewhere name the jar in SPARK_JDBC_JAR."
        )
    return jar


def _java_path() -> str:
    home = os.environ.get("JAVA_HOME")
    return os.pathsep.join(([f"{home}/bin"] if home else []) + [os.environ.get("PATH", "")])


def jdbc_options(url: str) -> dict[str, str]:
    """What Spark's JDBC source is told to reach the database of a libpq URL. Raises UserError where that has no TCP."""
    given = {name: str(value) for name, value in conninfo.conninfo_to_dict(url).items() if value is not None}
    host = given.get("host", "")
    if not host or host.startswith("/"):
        raise UserError(
            "Spark reaches PostgreSQL over TCP, and this database is only there through a socket. "
            "Set DATABASE_URL to a server that the workers can reach: postgresql://user:password@host:5432/database"
        )
    options = {
        "url": f"jdbc:postgresql://{host}:{given.get('port', '5432')}/{given['dbname']}",
        "driver": "org.postgresql.Driver",
        "ApplicationName": "sigmasight_spark",
        "reWriteBatchedInserts": "true",
    }
    for ours, theirs in (
        ("user", "user"),
        ("password", "password"),
        ("sslmode", "sslmode"),
        ("sslrootcert", "sslrootcert"),
    ):
        if ours in given:
            options[theirs] = given[ours]
    return options


def statements(text: str) -> list[str]:
    """The statements of a file of SQL without lines of comment; a statement ends with a line that ends with `;`."""
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return [statement for statement in code.split(";\n") if statement.strip()]


@contextmanager
def spark_session(settings: Settings, jar: Path, run_id: int) -> Iterator[Any]:
    """A session on SPARK_MASTER with the functions of db/spark_functions; what it wrote is deleted with it.

    What else a cluster needs (memory, cores, a user) stands in its own spark-defaults.conf (SPARK_CONF_DIR).
    """
    from pyspark.sql import SparkSession

    warehouse = settings.spark_dir / f"run-{run_id}"
    shutil.rmtree(warehouse, ignore_errors=True)
    warehouse.mkdir(parents=True)
    session = (
        SparkSession.builder.master(settings.spark_master)
        .appName(f"sigmasight run {run_id}")
        .config("spark.jars", str(jar))
        .config("spark.sql.warehouse.dir", warehouse.absolute().as_uri())
        .config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.showConsoleProgress", "false")
        # the first row of a subquery for each row is any row where `order by` names a column that is not selected:
        # Spark forgets the order on its way, without a word. Without this it refuses such a statement (docs/spark.md)
        .config("spark.sql.optimizer.decorrelateLimit.enabled", "false")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    try:
        session.sql("create schema if not exists finance")
        for file in sorted(FUNCTIONS.glob("*.sql")):
            for statement in statements(file.read_text(encoding="utf-8")):
                session.sql(statement)
        yield session
    finally:
        session.stop()
        shutil.rmtree(warehouse, ignore_errors=True)

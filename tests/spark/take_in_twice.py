"""`python -m tests.spark.take_in_twice URL FOLDER`: prices and positions by JDBC, and again from Parquet.

Prints, by table, the rows and the number of those that one way has and the other has not; and what Spark says to a
statement that it would answer with any row. In a process of its own: Spark warns of things that are none of ours.
"""

import json
import sys
from pathlib import Path
from typing import Any

from batch.spark.session import check, jdbc_options, spark_session
from batch.spark.snapshot import one_snapshot
from batch.spark.take_in import take_in
from db.connection import connect
from sigmasight.settings import get_settings

TABLES = [("app", "positions"), ("app", "users"), ("raw", "bars")]
# the order is by a column that is not selected
FIRST_OF_EACH = """
select (select close from raw.bars where symbol_id >= users.n order by session_date limit 1)
from values (1), (2) as users (n)
"""


def somebody_comes(url: str) -> None:
    """One more user, committed."""
    with connect(url) as conn:
        conn.execute(
            "insert into app.users (email, full_name, password_hash) values ('new@example.com', 'New', 'none')"
        )


def refusal(session: Any, statement: str) -> str | None:
    """The name of the error that Spark has for a statement; None where it takes it."""
    from pyspark.errors import AnalysisException

    try:
        session.sql(statement)
    except AnalysisException as error:
        return str(error.getCondition())
    return None


def main(url: str, folder: Path) -> None:
    settings = get_settings()
    answer: dict[str, Any] = {}
    with spark_session(settings, check(settings), 0) as session, connect(url) as conn:
        jdbc = jdbc_options(url)
        with one_snapshot(conn) as statement:
            somebody_comes(url)
            rows = take_in(session, conn, {**jdbc, "sessionInitStatement": statement}, TABLES)
        kept = {}
        for schema, table in TABLES:
            name = f"{schema}.{table}"
            session.table(name).write.parquet((folder / name).as_uri())
            kept[name] = session.read.parquet((folder / name).as_uri())
            session.sql(f"drop table {name}")
        # the database is out of reach now
        again = take_in(session, conn, {**jdbc, "url": "jdbc:postgresql://127.0.0.1:1/none"}, TABLES, folder)
        for name, frame in kept.items():
            both = session.table(name)
            apart = frame.exceptAll(both).count() + both.exceptAll(frame).count()
            answer[name] = {"by_jdbc": rows[name], "from_parquet": again[name], "apart": apart}
        answer["first of each"] = refusal(session, FIRST_OF_EACH)
        answer["app.users"]["with_email"] = session.table("app.users").where("email is not null").count()
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

"""`python -m tests.spark.take_in_twice URL FOLDER`: prices and positions by JDBC, and again from Parquet.

Prints, by table, the rows and the number of those that one way has and the other has not. In a process of its own:
Spark warns of things that are none of ours.
"""

import json
import sys
from pathlib import Path

from batch.spark.session import check, jdbc_options, spark_session
from batch.spark.take_in import take_in
from db.connection import connect
from sigmasight.settings import get_settings

TABLES = [("app", "positions"), ("app", "users"), ("raw", "bars")]


def main(url: str, folder: Path) -> None:
    settings = get_settings()
    answer: dict[str, dict[str, int]] = {}
    with spark_session(settings, check(settings), 0) as session, connect(url) as conn:
        jdbc = jdbc_options(url)
        rows = take_in(session, conn, jdbc, TABLES)
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
        answer["app.users"]["with_email"] = session.table("app.users").where("email is not null").count()
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

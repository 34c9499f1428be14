"""`dbt build --target spark` before there is any Spark: what it is asked, how it reaches the database, what lacks."""

import pytest

from batch.spark.session import FUNCTIONS, check, jdbc_options, statements
from sigmasight.dbt_command import build_on_spark, others_than_spark_build
from sigmasight.errors import UserError
from sigmasight.settings import Settings


@pytest.mark.parametrize(
    ("arguments", "others"),
    [
        (["build", "--target", "spark"], []),
        (["build", "-t", "spark"], []),
        (["build", "--target=spark"], []),
        (["build", "--select", "x", "--target", "spark"], ["--select", "x"]),
        (["build"], None),
        (["build", "--target", "main"], None),
        (["parse", "--target", "spark"], None),
        ([], None),
    ],
)
def test_only_a_build_for_spark_is_one(arguments: list[str], others: list[str] | None) -> None:
    assert others_than_spark_build(arguments) == others


def test_a_part_of_the_project_cannot_be_built() -> None:
    with pytest.raises(UserError, match="takes no --select"):
        build_on_spark(["--select", "x"])


def test_jdbc_takes_over_what_the_url_says() -> None:
    options = jdbc_options("postgresql://me:p%40ss@db.example.com:6543/firm?sslmode=require")
    assert options["url"] == "jdbc:postgresql://db.example.com:6543/firm"
    assert (options["user"], options["password"], options["sslmode"]) == ("me", "p@ss", "require")


@pytest.mark.parametrize("url", ["postgresql://postgres@/sigmasight?host=/tmp/socket", "postgresql:///sigmasight"])
def test_a_socket_is_out_of_reach(url: str) -> None:
    with pytest.raises(UserError, match="over TCP"):
        jdbc_options(url)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(UserError, match=r"tools/set-up spark|Java 17"):
        check(Settings())


def test_the_functions_are_statements_under_the_names_of_the_database() -> None:
    for file in FUNCTIONS.glob("*.sql"):
        for statement in statements(file.read_text(encoding="utf-8")):
            assert statement.lstrip().startswith("create or replace function finance."), file.name

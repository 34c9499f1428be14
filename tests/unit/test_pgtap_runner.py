"""A runner that passes everything would be worse than none."""

import psycopg
import pytest

from tests.support import tap


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("select plan(1); select is(1, 2, 'one'); select * from finish();", "not ok 1 - one"),
        ("select plan(2); select ok(true, 'a'); select * from finish();", "2 tests planned, 1 run"),
        (
            "select plan(1); select ok(true, 'a'); select ok(true, 'b'); select * from finish();",
            "1 tests planned, 2 run",
        ),
        ("select 1;", "0 plans, expected one: select plan(n) first and select * from finish() last"),
        ("select plan(1);\nselect ok(nonsense);", 'line 2: column "nonsense" does not exist'),
    ],
)
def test_a_failing_file_is_reported(conn: psycopg.Connection, text: str, problem: str) -> None:
    assert tap.run(conn, text).problems == [problem]


def test_a_passing_file_passes_and_leaves_nothing(conn: psycopg.Connection) -> None:
    outcome = tap.run(
        conn, "create table public.t (n int); select plan(1); select has_table('t'); select * from finish();"
    )
    assert outcome.problems == []
    assert outcome.output[0] == "1..1"
    assert conn.execute("select to_regclass('public.t')").fetchone() == (None,)

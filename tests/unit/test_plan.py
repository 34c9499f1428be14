"""The plan of a build is kept on disk for the runs after it, and none takes that of other files for its own."""

from pathlib import Path

import pytest

from batch import plan as kept
from batch.plan import Engine, Node, Plan, read_plan, write_plan
from batch.plan_record import ONCE, Asked, effects

PLAN = Plan(
    nodes=[
        Node("model.a", "a", "model", "market_data", None, ["drop table if exists a; create unlogged table a"], []),
        Node("model.b", "b", "model", "limits", "b_table", ["insert into b_table select 'é' from a"], ["model.a"]),
        Node("test.c", "c", "test", None, None, ["select 0, false, false"], ["model.a", "model.b"]),
    ],
    engines=[Engine("market_data", False, []), Engine("limits", True, ["b_table"])],
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    return tmp_path


def test_it_is_read_as_it_was_written(folder: Path) -> None:
    assert read_plan("these files") is None
    write_plan("these files", PLAN)
    assert read_plan("these files") == PLAN
    assert [path.name for path in folder.iterdir()] == [kept.FILE]


def test_other_files_have_another_plan() -> None:
    write_plan("these files", PLAN)
    assert read_plan("other files") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key": "1 these files", "nodes": [{}], "engines": []}'])
def test_what_is_torn_is_no_plan(folder: Path, content: bytes) -> None:
    (folder / kept.FILE).write_bytes(content)
    assert read_plan("these files") is None


def test_a_folder_that_cannot_be_written_costs_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a file").write_text("")
    monkeypatch.setenv("DBT_TARGET_PATH", str(folder / "a file"))
    write_plan("these files", PLAN)
    assert read_plan("these files") is None


def test_what_dbt_only_reads_and_does_once_is_no_part_of_it() -> None:
    table = 'drop table if exists "x"; create unlogged table "x" as (select 1)'
    index = '\n  create index if not exists\n "h" on "x" (y)'
    asked = [
        Asked("select column_name from information_schema.columns", fetched=True),
        Asked(f"{ONCE} create table p (y integer)", fetched=False),
        Asked(table, fetched=False),
        Asked("-- made for look-ups\n" + index, fetched=True),
        Asked("comment on table p is 'what it holds'", fetched=True),
        Asked("select ops.analyze_new_portfolios('p', 1)", fetched=False),
    ]
    assert effects(asked, "model") == [asked[2].sql, asked[3].sql, asked[5].sql]
    assert effects([*asked, Asked('drop view if exists "x" cascade', fetched=False)], "model") == []


def test_of_a_test_what_it_found_counts() -> None:
    asked = [Asked("begin", fetched=False), Asked("select count(*), false, false from p", fetched=True)]
    assert effects(asked, "test") == [asked[1].sql]

"""Runs a file of pgTAP tests over one connection and judges what it prints."""

import re
from dataclasses import dataclass

import psycopg

_PLAN = re.compile(r"^1\.\.(\d+)")
_RESULT = re.compile(r"^(not )?ok \d+(?P<rest>.*)$")


@dataclass(frozen=True)
class TapOutcome:
    """`output`: every line that was printed; `problems`: empty where the file passed."""

    output: list[str]
    problems: list[str]


def run(conn: psycopg.Connection, text: str) -> TapOutcome:
    """Run the SQL in a transaction that is rolled back. pgTAP is in the schema `tap`."""
    conn.execute("set local search_path = public, tap")
    output: list[str] = []
    try:
        cursor = conn.execute(text.encode())
        more: bool | None = True
        while more:
            if cursor.description is not None:
                output += [line for row in cursor for cell in row for line in str(cell).splitlines()]
            more = cursor.nextset()
    except psycopg.Error as error:
        position = error.diag.statement_position
        line = f"line {text.count(chr(10), 0, int(position) - 1) + 1}: " if position else ""
        return TapOutcome(output, [f"{line}{error.diag.message_primary or error}"])
    finally:
        conn.rollback()
    return TapOutcome(output, judge(output))


def judge(output: list[str]) -> list[str]:
    """What is wrong with the lines of one run: not exactly one plan, other counts than planned, failures."""
    plans = [int(match[1]) for line in output if (match := _PLAN.match(line))]
    results = [match for line in output if (match := _RESULT.match(line))]
    if len(plans) != 1:
        return [f"{len(plans)} plans, expected one: select plan(n) first and select * from finish() last"]
    problems = []
    if len(results) != plans[0]:
        problems.append(f"{plans[0]} tests planned, {len(results)} run")
    if plans[0] == 0:
        problems.append("no tests planned")
    return problems + [match[0] for match in results if match[1] and "# TODO" not in match["rest"]]

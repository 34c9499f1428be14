"""Any database against the reference: `python -m tests.parity.check [--url URL] [--as-of DATE] [--rf 0.0] [MART …]`."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import date

import pandas as pd

from db.connection import connect

from .compare import Mismatch, compare, report
from .database import read_view, relations_of
from .marts import MARTS
from .reference import Facts, compute


def differences(name: str, expected: pd.DataFrame, actual: pd.DataFrame) -> list[Mismatch]:
    """All differences of one mart from the reference."""
    spec = MARTS[name]
    return compare(name, expected, actual, spec.keys, columns=spec.columns, dollars=spec.dollars)


def main() -> int:
    """Compare what is published with what the facts in the same database come to; 1 where they differ."""
    parser = argparse.ArgumentParser(description="Compare published marts with the reference.")
    parser.add_argument("marts", nargs="*", help="only these")
    parser.add_argument("--url", default=os.environ.get("DATABASE_URL"), help="the database (DATABASE_URL)")
    parser.add_argument("--as-of", type=date.fromisoformat, help="the day the run was asked for")
    parser.add_argument("--rf", type=float, default=0.0, help="the risk-free rate of the run")
    asked = parser.parse_args()
    if not asked.url:
        parser.error("name a database: --url or DATABASE_URL")
    if unknown := sorted(set(asked.marts) - set(MARTS)):
        parser.error(f"no such mart: {', '.join(unknown)}; there are {', '.join(MARTS)}")
    with connect(asked.url) as connection:
        expected = compute(Facts.from_database(connection, as_of=asked.as_of, risk_free_rate=asked.rf))
        relations = relations_of(connection, "marts")
        found: list[Mismatch] = []
        for name in asked.marts or MARTS:
            actual = read_view(connection, "marts", name) if name in relations else pd.DataFrame()
            found += differences(name, expected[name], actual)
    print(report(found, {name: len(frame) for name, frame in expected.items()}))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""Every file of pgTAP tests, each in a transaction of its own that is rolled back."""

from pathlib import Path

import pytest

from db.connection import connect
from tests.support import tap

FOLDER = Path(__file__).parent
# the folders whose tests read what is published: they see the demo accounts on the simulated market
BUILT = {"marts", "api"}


def files(*, built: bool) -> list[str]:
    found = [path.relative_to(FOLDER).as_posix() for path in sorted(FOLDER.rglob("*.sql"))]
    return [name for name in found if (name.partition("/")[0] in BUILT) == built]


@pytest.mark.parametrize("name", files(built=False))
def test_migrated(name: str, database_url: str) -> None:
    check(name, database_url)


@pytest.mark.parametrize("name", files(built=True))
def test_built(name: str, demo_database_url: str) -> None:
    check(name, demo_database_url)


def check(name: str, url: str) -> None:
    with connect(url) as conn:
        outcome = tap.run(conn, (FOLDER / name).read_text(encoding="utf-8"))
    assert not outcome.problems, "\n".join([*outcome.problems, "", *outcome.output])

"""Backfill asks for gaps and for nothing else; coverage names them by the calendar."""

import datetime as dt
import json
from pathlib import Path

from accounts.demo import PINNED_MARKET_DATE
from batch.backfill import backfill
from db.connection import connect
from sigmasight.progress import SilentProgress
from tests.support import demo
from tests.support.http import settings_for

# Friday to Tuesday: one gap, over a weekend; and a day by itself
LOST = [dt.date(2026, 6, 5), dt.date(2026, 6, 8), dt.date(2026, 6, 9), dt.date(2026, 6, 16)]


def test_gaps_are_named_and_filled(own_demo_database_url: str, tmp_path: Path) -> None:
    url, settings = own_demo_database_url, settings_for(own_demo_database_url, tmp_path)
    from_date = PINNED_MARKET_DATE - dt.timedelta(days=730)
    with connect(url, autocommit=True) as conn:

        def fill() -> tuple[list[str], list[str], int]:
            found = backfill(conn, settings, from_date=from_date, as_of=PINNED_MARKET_DATE, progress=SilentProgress())
            return found.symbols_processed, found.symbols_failed, found.data_points_added

        fill()
        assert fill()[1:] == ([], 0), "what is there is not loaded again"
        conn.execute(
            "delete from raw.bars where session_date = any(%s)"
            " and symbol_id = (select symbol_id from raw.securities where symbol = 'MSFT')",
            (LOST,),
        )
        # as the run would publish it
        conn.execute(
            "update published.data_coverage set actual_90 = 86, missing_sessions = 4"
            " where symbol_id = (select symbol_id from raw.securities where symbol = 'MSFT')"
            " and superseded_by_run is null"
        )
        told = json.loads(demo.sigmasight(url, tmp_path, "coverage", "--json"))
        gaps = {row["symbol"]: row["gaps"] for row in told}
        assert gaps["MSFT"] == ["2026-06-05 to 2026-06-09", "2026-06-16"] and gaps["AAPL"] is None
        processed, failed, added = fill()
        assert "MSFT" in processed and "AAPL" not in processed and failed == []
        assert added == len(LOST)

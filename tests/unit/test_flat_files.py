"""CSV files into raw: whole or not at all, every complaint with line, column and value."""

import csv
import datetime as dt
import gzip
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from db.connection import connect
from loaders.calendar.calendar import Calendar, read_calendar
from loaders.calendar.load import ensure_calendar
from loaders.flat_files.load import FileRefused, load_file
from loaders.flat_files.parse import FieldError, parse_rows, read_layout
from loaders.market_data import load_market_data
from loaders.report import LoadReport
from sigmasight.errors import UserError
from sigmasight.settings import Settings

AS_OF = dt.date(2024, 6, 28)
HEADER = "ticker,date,open,high,low,close,volume"


@pytest.fixture
def calendar(conn: psycopg.Connection) -> Calendar:
    ensure_calendar(conn, today=dt.date(2026, 1, 2))
    return read_calendar(conn)


def write(folder: Path, *lines: str, name: str = "bars.csv", header: str = HEADER) -> Path:
    path = folder / name
    data = "\n".join([header, *lines, ""]).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def load(conn: psycopg.Connection, calendar: Calendar, path: Path, as_of: dt.date = AS_OF) -> LoadReport:
    report = LoadReport("flat_files")
    load_file(conn, path, calendar, report, as_of=as_of)
    return report


def bars(conn: psycopg.Connection, symbol: str = "AAA") -> list[tuple[Any, ...]]:
    return conn.execute(
        "select session_date::text, open, high, low, close, volume from raw.bars join raw.securities using (symbol_id)"
        " where symbol = %s and superseded_by_load is null order by 1",
        (symbol,),
    ).fetchall()


def refused(conn: psycopg.Connection) -> list[tuple[Any, ...]]:
    return conn.execute(
        "select subject, record_date::text, reason_code from raw.quarantine"
        " where released_by_load is null order by 1, 2, 3"
    ).fetchall()


def count(conn: psycopg.Connection, table: str) -> int:
    row = conn.execute(sql.SQL("select count(*) from raw.{}").format(sql.Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])


PLAIN = ("AAA,2024-01-02,10,11,9,10.5,1000", "AAA,2024-01-03,10.5,12,10,11,2000", "BRK.B,2024-01-02,360,361,359,360,5")


@pytest.mark.parametrize("name", ["bars.csv", "bars.csv.gz"])
def test_a_plain_file(name: str, conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    report = load(conn, calendar, write(tmp_path, *PLAIN, name=name))
    assert bars(conn) == [("2024-01-02", 10, 11, 9, 10.5, 1000), ("2024-01-03", 10.5, 12, 10, 11, 2000)]
    assert bars(conn, "BRK-B") == [("2024-01-02", 360, 361, 359, 360, 5)]
    assert report.rows_new == 3 and refused(conn) == []
    assert conn.execute("select distinct source::text, load_id is not null from raw.bars").fetchall() == [
        ("flat_files", True)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + "\n".join([HEADER, *PLAIN]),
        "\r\n".join([HEADER, *PLAIN, ""]),
        "\n".join([HEADER, *PLAIN, "", "  ", ""]),
        "\n".join([HEADER, *(f'"{line.replace(",", chr(34) + "," + chr(34))}"' for line in PLAIN)]),
        "\n".join([HEADER.upper().replace("TICKER", " Symbol "), *PLAIN]),
        "\n".join([f"note,{HEADER}", *(f"x,{line}" for line in PLAIN)]),
        "\n".join([HEADER, *PLAIN, "AAA,2024-01-01,,,,,"]),
    ],
    ids=["bom", "crlf", "blank lines", "quotes", "header", "column more", "row without prices"],
)
def test_the_same_content_in_other_clothes(
    text: str, conn: psycopg.Connection, calendar: Calendar, tmp_path: Path
) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(text.encode())
    load(conn, calendar, path)
    assert len(bars(conn)) == 2 and bars(conn)[0] == ("2024-01-02", 10, 11, 9, 10.5, 1000)
    assert refused(conn) == []


def test_both_ways_store_the_same(conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    """The quick way for plain files, and the other, which a blank line asks for."""
    days = calendar.within(dt.date(2023, 1, 3), dt.date(2024, 6, 28))
    lines = []
    for number, ticker in enumerate(("AAA", "BBB", "CCC")):
        price = 10.0 * (number + 1)
        for i, day in enumerate(days):
            price *= 1 + ((i * 7 + number * 3) % 11 - 5) / 500
            lines.append(f"{ticker},{day},{price},{price * 1.01},{price * 0.98},{price * 1.001},{1000.5 + i}")
    load(conn, calendar, write(tmp_path, *lines))
    quick = [bars(conn, ticker) for ticker in ("AAA", "BBB", "CCC")]
    keys = conn.execute(
        "select indexname from pg_indexes where schemaname = 'raw' and tablename = 'bars' order by 1"
    ).fetchall()
    conn.execute("truncate raw.bars, raw.files")
    load(conn, calendar, write(tmp_path, *lines, "", name="other.csv"))
    assert [bars(conn, ticker) for ticker in ("AAA", "BBB", "CCC")] == quick
    assert len(quick[0]) == len(days)
    assert keys == [("bars_load_id",), ("bars_pkey",), ("bars_session_date",), ("bars_superseded_by_load",)]


def test_a_file_ordered_by_day(conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    load(conn, calendar, write(tmp_path, PLAIN[0], PLAIN[2], PLAIN[1]))
    assert len(bars(conn)) == 2 and refused(conn) == []


def test_the_same_content_is_not_read_twice(conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    load(conn, calendar, write(tmp_path, *PLAIN))
    renamed = write(tmp_path, *PLAIN, name="again.csv")
    assert not load_file(conn, renamed, calendar, LoadReport("flat_files"), as_of=AS_OF)
    assert count(conn, "files") == 1


def test_a_file_that_grows_brings_what_is_new_only(
    conn: psycopg.Connection, calendar: Calendar, tmp_path: Path
) -> None:
    load(conn, calendar, write(tmp_path, *PLAIN))
    report = load(conn, calendar, write(tmp_path, *PLAIN, "AAA,2024-01-04,11,12,10,11.5,3"))
    assert (report.dataset("bars").rows_new, report.dataset("bars").rows_unchanged) == (1, 3)
    report = load(conn, calendar, write(tmp_path, *PLAIN[:2], "BRK.B,2024-01-02,360,361,359,360.5,5"))
    assert (report.dataset("bars").rows_new, report.dataset("bars").rows_restated) == (0, 1)
    assert bars(conn, "BRK-B")[0][4] == 360.5 and count(conn, "bars") == 5


def test_every_error_is_told_and_nothing_is_stored(
    conn: psycopg.Connection, calendar: Calendar, tmp_path: Path
) -> None:
    path = write(
        tmp_path,
        *PLAIN,
        "AAA,2024-01-04,11,12,10,eleven,3",
        "AAA,05/01/2024,11,12,10,11,3",
        "AAA,2024-01-08,-11,12,10,11,3",
        'AAA,2024-01-09,11,12,10,"1,234.5",3',
        "AAA,2024-01-10,11,12,10,11",
        "AAA,2024-01-11,11,9,10,11,3",
        "AAA,2024-01-12,11,12,10,13,3",
        ",2024-01-12,11,12,10,11,NaN",
        "AAA,2024-01-16,11,,10,11,-3",
        "AAA,2024-01-17,11,inf,10,11,3",
    )
    with pytest.raises(FileRefused) as failed:
        load(conn, calendar, path)
    told = [(error.line, error.column, error.value) for error in failed.value.errors]
    assert told == [
        (5, "close", "eleven"),
        (6, "date", "05/01/2024"),
        (7, "open", "-11"),
        (8, "close", "1,234.5"),
        (9, "-", "AAA,2024-01-10,11,12,10,11"),
        (10, "low", "10"),
        (11, "close", "13"),
        (12, "ticker", ""),
        (12, "volume", "NaN"),
        (13, "high", ""),
        (13, "volume", "-3"),
        (14, "high", "inf"),
    ]
    assert str(path) in failed.value.message and "line 5, column close: 'eleven'" in failed.value.message
    assert all(error.mend.endswith(".") for error in failed.value.errors)
    assert count(conn, "bars") == count(conn, "files") == 0


@pytest.mark.parametrize("bad", [b"AAA,2024-01-04,11,12,10,\xff11,3\n", b'AAA,"2024-01-04,11,12,10,11,3\n'])
def test_bytes_that_are_no_csv(bad: bytes, conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    path = write(tmp_path, *PLAIN)
    path.write_bytes(path.read_bytes() + bad)
    with pytest.raises(FileRefused):
        load(conn, calendar, path)
    assert count(conn, "bars") == 0


def test_a_torn_gzip(conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    path = write(tmp_path, *(PLAIN * 200), name="bars.csv.gz")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"cannot be read|not known"):
        load(conn, calendar, path)
    assert count(conn, "bars") == 0


def test_one_bad_tick_is_quarantined(conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    load(
        conn,
        calendar,
        write(tmp_path, *PLAIN, "AAA,2024-01-04,11000,12000,10000,11000,3", "AAA,2024-01-05,11,12,10,11,3"),
    )
    assert [row[0] for row in bars(conn)] == ["2024-01-02", "2024-01-03", "2024-01-05"]
    assert refused(conn) == [("AAA", "2024-01-04", "price_jump")]


def test_a_jump_against_what_is_stored(conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    load(conn, calendar, write(tmp_path, *PLAIN))
    load(conn, calendar, write(tmp_path, "AAA,2024-01-04,1,1.1,0.9,1,3", name="next.csv"))
    assert len(bars(conn)) == 2 and refused(conn) == [("AAA", "2024-01-04", "price_jump")]


def test_duplicate_days(conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    """As in the vendor's file of 2019-08-13."""
    path = write(
        tmp_path,
        "AMUB,2019-08-13,14.6595,14.6595,14.6595,14.6595,0",
        "AMUB,2019-08-13,14.7448,14.7448,14.7448,14.7448,1",
        "BNKU,2019-08-13,44.2546,44.34,44.2546,44.2546,1000",
        "BNKU,2019-08-13,45.9859,45.9859,45.9859,45.9859,5",
        "SAME,2019-08-13,1,1,1,1,5",
        "SAME,2019-08-13,1,1,1,1,5",
    )
    load(conn, calendar, path)
    assert [row[4] for row in bars(conn, "AMUB")] == [14.7448]
    assert bars(conn, "BNKU") == [] and len(bars(conn, "SAME")) == 1
    assert refused(conn) == [
        ("AMUB", "2019-08-13", "duplicate_row"),
        ("BNKU", "2019-08-13", "contradictory_rows"),
        ("BNKU", "2019-08-13", "contradictory_rows"),
    ]


def test_days_without_session(conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    load(conn, calendar, write(tmp_path, *PLAIN, "AAA,2024-01-06,11,12,10,11,3"))
    assert len(bars(conn)) == 2 and refused(conn) == [("AAA", "2024-01-06", "not_a_session")]


def test_rows_after_the_as_of_date_wait(conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    path = write(tmp_path, *PLAIN)
    load(conn, calendar, path, as_of=dt.date(2024, 1, 2))
    assert [row[0] for row in bars(conn)] == ["2024-01-02"]
    assert not load_file(conn, path, calendar, LoadReport("flat_files"), as_of=dt.date(2024, 1, 2))
    load(conn, calendar, path, as_of=AS_OF)
    assert [row[0] for row in bars(conn)] == ["2024-01-02", "2024-01-03"]
    assert not load_file(conn, path, calendar, LoadReport("flat_files"), as_of=AS_OF)


def test_the_vendor_s_daily_aggregates(conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    """window_start in nanoseconds at midnight in New York, in winter and in summer."""
    path = write(
        tmp_path,
        "BRK.B,3456,360.1,360.5,361,359.5,1704258000000000000,77",
        "MTBpC,10,25,25,25,25,1704258000000000000,1",
        "O:SPY240621C00500000,10,5,5.5,6,4.5,1704258000000000000,3",
        "BRK.B,1.2e3,410,411,412,409,1718942400000000000,",
        header="ticker,volume,open,close,high,low,window_start,transactions",
    )
    load(conn, calendar, path)
    assert bars(conn, "BRK-B") == [
        ("2024-01-03", 360.1, 361, 359.5, 360.5, 3456),
        ("2024-06-21", 410, 412, 409, 411, 1200),
    ]
    assert len(bars(conn, "MTB-PC")) == len(bars(conn, "SPY240621C00500000")) == 1
    transactions = conn.execute("select transactions from raw.bars order by transactions").fetchall()
    assert transactions == [(1,), (3,), (77,), (None,)]


def test_actions_in_columns_of_the_bars(conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    header = f"{HEADER},dividend,split_ratio,adj_close,source"
    actions = write(
        tmp_path,
        "AAA,2024-01-03,split,,1,20,x",
        "BBB,2024-01-03,dividend,0.5,,,x",
        name="actions.csv",
        header="ticker,ex_date,type,cash_amount,split_from,split_to,source",
    )
    load(conn, calendar, actions)
    path = write(
        tmp_path,
        "AAA,2024-01-02,200,201,199,200,10,0,1,1,av",
        "AAA,2024-01-03,10,10.1,9.9,10,10,0,20,1,av",
        "AAA,2024-01-04,10,10.1,9.9,10,10,0.22,1,1,av",
        "BBB,2024-01-02,10,10.1,9.9,10,10,0,1,1,av",
        "BBB,2024-01-03,30,30.1,29.9,30,10,0.5,0.333333,1,av",
        header=header,
    )
    load(conn, calendar, path)
    splits = conn.execute(
        "select symbol, execution_date::text, split_from, split_to::float8 from raw.splits"
        " join raw.securities using (symbol_id) order by 1"
    ).fetchall()
    assert splits == [("AAA", "2024-01-03", 1, 20.0), ("BBB", "2024-01-03", 1, 0.333333)]
    dividends = conn.execute(
        "select symbol, ex_date::text, cash_amount::float8 from raw.dividends"
        " join raw.securities using (symbol_id) order by 1"
    ).fetchall()
    assert dividends == [("AAA", "2024-01-04", 0.22), ("BBB", "2024-01-03", 0.5)]
    # the split explains the fall to a twentieth
    assert len(bars(conn)) == 3 and refused(conn) == []


def test_corporate_actions_without_a_type_and_with_errors(
    conn: psycopg.Connection, calendar: Calendar, tmp_path: Path
) -> None:
    path = write(
        tmp_path,
        "NVDA,2024-06-10,1,10,public record",
        name="splits.csv",
        header="ticker,execution_date,split_from,split_to,evidence",
    )
    load(conn, calendar, path)
    assert conn.execute("select split_to from raw.splits").fetchall() == [(10,)]
    bad = write(
        tmp_path,
        "A,2024-06-10,merger,1,,",
        "A,2024-06-10,split,,1,",
        "A,2024-06-10,dividend,,,",
        "A,2024-06-10,split,,0,2",
        name="bad.csv",
        header="ticker,ex_date,type,cash_amount,split_from,split_to",
    )
    with pytest.raises(FileRefused) as failed:
        load(conn, calendar, bad)
    assert [(error.line, error.column) for error in failed.value.errors] == [
        (2, "type"),
        (3, "split_from"),
        (4, "cash_amount"),
        (5, "split_from"),
    ]


def test_treasury_yields(conn: psycopg.Connection, calendar: Calendar, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "2024-01-01,,,",
        "2024-01-02,5.5,.,3.95",
        "2024-01-03,5.4,4.8,3.91",
        name="yields.csv",
        header="date,DGS1MO,DGS1,DGS10",
    )
    load(conn, calendar, path)
    found = conn.execute(
        "select yield_date::text, tenor_months, yield_percent from raw.treasury_yields order by 1, 2"
    ).fetchall()
    assert found == [
        ("2024-01-02", 1, 5.5),
        ("2024-01-02", 120, 3.95),
        ("2024-01-03", 1, 5.4),
        ("2024-01-03", 12, 4.8),
        ("2024-01-03", 120, 3.91),
    ]


def test_headers() -> None:
    layout = read_layout("\ufeffx,y") or read_layout(f"{HEADER},adj_close")
    assert layout is not None and layout.format == "bars" and layout.columns[-1] == "_7"
    for header in ("", "a,b,c", "date,mkt_rf,smb", "ticker,ticker,date,open,high,low,close", 'a,"b'):
        assert read_layout(header) is None


def test_a_field_with_nul_or_without_end() -> None:
    layout = read_layout(HEADER)
    assert layout is not None
    found = list(parse_rows(layout, [HEADER, "AAA,2024-01-02,1,1,1,1,1e999"]))
    assert len(found) == 1 and isinstance(found[0], FieldError) and found[0].column == "volume"


def test_a_folder(fresh_database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "2024").mkdir(parents=True)
    days = ("2024-01-02", "2024-01-03", "2024-01-04")
    write(folder / "2024", *(f"SPY,{day},470,471,469,470,100" for day in days), name="spy.csv.gz")
    write(folder, *PLAIN)
    write(folder, "1,2", name="other.csv", header="a,b")
    broken = write(folder, "AAA,2024-01-04,x,12,10,11,3", name="broken.csv")
    (folder / "notes.txt").write_text("nothing")
    settings = Settings(market_data_provider="flat_files", flat_files_dir=folder)
    with connect(fresh_database_url) as conn:
        report = load_market_data(conn, settings, as_of=dt.date(2024, 1, 31))
        assert report.market_date == dt.date(2024, 1, 4) and report.rows_new == 6
        assert len(report.problems) == 1 and str(broken) in report.problems[0]
        assert "other.csv" in report.warnings[0]
        again = load_market_data(conn, settings, as_of=dt.date(2024, 1, 31))
        assert again.rows_new == 0 and again.dataset("bars").rows_unchanged == 0
    missing = Settings(market_data_provider="flat_files", flat_files_dir=tmp_path / "none")
    with connect(fresh_database_url) as conn, pytest.raises(UserError, match="FLAT_FILES_DIR"):
        load_market_data(conn, missing)


def test_the_shared_bars(conn: psycopg.Connection, calendar: Calendar, shared_dir: Path) -> None:
    path = shared_dir / "data" / "bars_raw_2018_2020.csv.gz"
    report = load(conn, calendar, shared_dir / "data" / "corporate_actions_2018_2020.csv.gz")
    assert report.dataset("splits").rows_new == 14
    report = load(conn, calendar, path)
    with gzip.open(path, "rt") as file:
        true = [
            (row["ticker"], row["date"], *(float(row[name]) for name in ("open", "high", "low", "close", "volume")))
            for row in csv.DictReader(file)
        ]
    stored = conn.execute(
        "select symbol, session_date::text, open, high, low, close, volume from raw.bars"
        " join raw.securities using (symbol_id)"
    ).fetchall()
    # the one row whose open is above its high is real, and there
    assert sorted(stored) == sorted(true) and len(stored) == 99_872
    assert refused(conn) == []


@pytest.mark.parametrize(
    "name",
    [
        "bars_splitadj_2022_2024.csv.gz",
        "bars_splitadj_2023_2025.csv.gz",
        "bars_iex_alladj_2023_2025.csv.gz",
        "bars_iex_gappy_2021_2022.csv.gz",
        "indices.csv.gz",
        "treasury_yields_2018_2020.csv.gz",
        "splits_known_2022_2025.csv",
    ],
)
def test_the_other_shared_files(name: str, conn: psycopg.Connection, calendar: Calendar, shared_dir: Path) -> None:
    report = load(conn, calendar, shared_dir / "data" / name, as_of=dt.date(2025, 12, 31))
    assert report.rows_new > 0
    assert {row[2] for row in refused(conn)} <= {"price_jump"}

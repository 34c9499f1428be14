"""Files into app.positions on a real server: whole or not at all, once, and never two at a time."""

import threading
import time
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from db.connection import connect
from loaders.positions_csv.errors import PositionsFileError
from loaders.positions_csv.load import ImportReport, Mode, import_positions
from loaders.positions_csv.parse import ParsedFile, parse_positions
from sigmasight.errors import UserError

HEADER = "ticker,quantity,entry_price,entry_date,tags\n"
BOOK = (
    HEADER + 'AAPL,1000,150.00,2024-01-15,"momentum,Tech"\n'
    'MSFT,-500,380.00,2024-01-20,"hedge,tech"\n'
    'AAPL240119C00150000,10,5.50,2024-01-10,"hedge,options"\n'
    "BRK.B,5,440,2024-01-15,\n"
)


def parsed(text: str, name: str = "book.csv") -> ParsedFile:
    return parse_positions(text.encode(), file_name=name, today=date(2025, 6, 30))


@pytest.fixture
def portfolio(conn: psycopg.Connection) -> UUID:
    return open_portfolio(conn)


def open_portfolio(conn: psycopg.Connection, user: object = None) -> UUID:
    if user is None:
        user = one(
            conn,
            "insert into app.users (email, full_name, password_hash) values (%s, 'A', '-') returning user_id",
            f"{uuid4()}@example.com",
        )
    found = one(conn, "insert into app.portfolios (user_id, name) values (%s, 'P') returning portfolio_id", user)
    assert isinstance(found, UUID)
    return found


def one(conn: psycopg.Connection, query: str, *parameters: object) -> object:
    row = conn.execute(query, parameters).fetchone()
    assert row is not None
    return row[0]


def load(conn: psycopg.Connection, portfolio: UUID, text: str, mode: Mode = "replace") -> ImportReport:
    return import_positions(conn, portfolio, parsed(text), mode=mode)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.closed


def held(conn: psycopg.Connection, portfolio: UUID) -> dict[str, tuple[UUID, float, str]]:
    """Symbol → id, quantity and type of what is open."""
    found = conn.execute(
        "select symbol, position_id, quantity::float8, position_type from app.positions"
        " where portfolio_id = %s and removed_at is null",
        (portfolio,),
    )
    return {symbol: (position_id, quantity, kind) for symbol, position_id, quantity, kind in found}


def tags(conn: psycopg.Connection, portfolio: UUID) -> dict[str, list[str]]:
    found = conn.execute(
        """
        select p.symbol, array_agg(g.name order by lower(g.name))
        from app.positions p join app.position_tags using (position_id) join app.tags g using (tag_id)
        where p.portfolio_id = %s and p.removed_at is null
        group by p.symbol
        """,
        (portfolio,),
    )
    return dict(found.fetchall())


def change_no(conn: psycopg.Connection, portfolio: UUID) -> object:
    return one(conn, "select change_no from app.portfolios where portfolio_id = %s", portfolio)


def fingerprint(conn: psycopg.Connection) -> list[tuple[object, ...]]:
    """Every row of what an import may write, with its version (xmin) and place."""
    rows: list[tuple[object, ...]] = []
    for table in (
        "app.portfolios",
        "app.positions",
        "app.tags",
        "app.position_tags",
        "app.imports",
        "raw.securities",
    ):
        rows += conn.execute(
            f"select %s, xmin::text, ctid::text, t::text from {table} t order by 4", (table,)
        ).fetchall()
    return rows


def test_a_first_import(conn: psycopg.Connection, portfolio: UUID) -> None:
    report = load(conn, portfolio, BOOK)
    assert counts(report) == (4, 0, 0, 0)
    assert {s: (q, t) for s, (_, q, t) in held(conn, portfolio).items()} == {
        "AAPL": (1000, "LONG"),
        "MSFT": (-500, "SHORT"),
        "AAPL240119C00150000": (10, "LC"),
        "BRK-B": (5, "LONG"),
    }
    # one tag, in the spelling that came first
    assert tags(conn, portfolio) == {
        "AAPL": ["momentum", "Tech"],
        "MSFT": ["hedge", "Tech"],
        "AAPL240119C00150000": ["hedge", "options"],
    }
    option = conn.execute(
        "select p.underlying_symbol, option_type, strike_price::float8, expiration_date, s.vendor_symbol, u.symbol"
        " from app.positions p join raw.securities s using (symbol_id)"
        " join raw.securities u on u.symbol_id = p.underlying_symbol_id where p.portfolio_id = %s",
        (portfolio,),
    ).fetchall()
    assert option == [("AAPL", "call", 150.0, date(2024, 1, 19), "O:AAPL240119C00150000", "AAPL")]
    assert one(conn, "select vendor_symbol from raw.securities where symbol = 'BRK-B'") == "BRK.B"
    noted = conn.execute(
        "select import_id, file_name, file_format, row_count,"
        " created_count, updated_count, unchanged_count, closed_count from app.imports where portfolio_id = %s",
        (portfolio,),
    ).fetchall()
    assert noted == [(report.import_id, "book.csv", "sigmasight", 4, 4, 0, 0, 0)]


def test_the_same_file_again_writes_nothing(conn: psycopg.Connection, portfolio: UUID) -> None:
    load(conn, portfolio, BOOK)
    before = fingerprint(conn), change_no(conn, portfolio)
    modes: tuple[Mode, ...] = ("replace", "append")
    for mode in modes:
        report = load(conn, portfolio, BOOK.replace("150.00", "150"), mode)
        assert counts(report) == (0, 0, 4, 0)
        assert report.import_id is None
        assert (fingerprint(conn), change_no(conn, portfolio)) == before


def test_a_lot_keeps_its_id_through_another_quantity_and_side(conn: psycopg.Connection, portfolio: UUID) -> None:
    load(conn, portfolio, BOOK)
    before = held(conn, portfolio)
    was = change_no(conn, portfolio)
    report = load(conn, portfolio, BOOK.replace("AAPL,1000", "AAPL,-800").replace("BRK.B,5", "BRK.B,6"))
    assert counts(report) == (0, 2, 2, 0)
    after = held(conn, portfolio)
    assert {s: i for s, (i, _, _) in before.items()} == {s: i for s, (i, _, _) in after.items()}
    assert after["AAPL"][1:] == (-800, "SHORT")
    assert change_no(conn, portfolio) != was


def test_replace_closes_what_the_file_does_not_name_and_append_does_not(
    conn: psycopg.Connection, portfolio: UUID
) -> None:
    load(conn, portfolio, BOOK)
    other = HEADER + "NVDA,7,700,2024-01-15,\n"
    assert counts(load(conn, portfolio, other, "append")) == (1, 0, 0, 0)
    assert len(held(conn, portfolio)) == 5
    assert counts(load(conn, portfolio, other)) == (0, 0, 1, 4)
    assert set(held(conn, portfolio)) == {"NVDA"}
    assert one(conn, "select count(*) from app.positions where portfolio_id = %s", portfolio) == 5


def test_a_lot_that_comes_back_is_the_same_lot_with_its_tags(conn: psycopg.Connection, portfolio: UUID) -> None:
    load(conn, portfolio, BOOK)
    before, tagged = held(conn, portfolio), tags(conn, portfolio)
    load(conn, portfolio, HEADER + "NVDA,7,700,2024-01-15,\n")
    without_tags = "\n".join(",".join(line.split(",")[:4]) for line in BOOK.splitlines())
    report = load(conn, portfolio, without_tags)
    assert (counts(report), report.restored) == ((4, 0, 0, 1), 4)
    assert held(conn, portfolio) == before
    assert tags(conn, portfolio) == tagged


def test_tags_of_the_file_are_the_truth_where_it_has_some(conn: psycopg.Connection, portfolio: UUID) -> None:
    load(conn, portfolio, BOOK)
    report = load(conn, portfolio, BOOK.replace("momentum,Tech", "TECH,#strategy:Pairs").replace('"hedge,tech"', ""))
    assert counts(report) == (0, 2, 2, 0)
    assert tags(conn, portfolio) == {"AAPL": ["#strategy:Pairs", "Tech"], "AAPL240119C00150000": ["hedge", "options"]}
    report = load(conn, portfolio, "ticker,quantity,entry_price,entry_date\nAAPL,1000,150,2024-01-15\n", "append")
    assert counts(report) == (0, 0, 1, 0)
    assert tags(conn, portfolio)["AAPL"] == ["#strategy:Pairs", "Tech"]


def test_tags_belong_to_the_user(conn: psycopg.Connection, portfolio: UUID) -> None:
    stranger = open_portfolio(conn)
    user = one(conn, "select user_id from app.portfolios where portfolio_id = %s", portfolio)
    second = open_portfolio(conn, user)
    for each in (portfolio, second, stranger):
        load(conn, each, BOOK)
    assert one(conn, "select count(*) from app.tags where user_id = %s", user) == 4
    assert one(conn, "select count(*) from app.tags where user_id <> %s and lower(name) = 'tech'", user) == 1


def test_another_portfolio_is_not_touched(conn: psycopg.Connection, portfolio: UUID) -> None:
    other = open_portfolio(conn)
    load(conn, other, BOOK)
    before = held(conn, other), change_no(conn, other)
    load(conn, portfolio, HEADER + "NVDA,7,700,2024-01-15,\n")
    assert (held(conn, other), change_no(conn, other)) == before


def test_a_dry_run_tells_and_changes_nothing(conn: psycopg.Connection, portfolio: UUID) -> None:
    load(conn, portfolio, HEADER + "NVDA,7,700,2024-01-15,\nAAPL,1,150,2024-01-15,\n")
    before = fingerprint(conn)
    report = import_positions(conn, portfolio, parsed(BOOK), dry_run=True)
    assert (counts(report), report.dry_run, report.import_id) == ((3, 1, 0, 1), True, None)
    assert report.lines() == [
        "3 lots created, 1 updated, 0 unchanged, 1 closed.",
        "This was a dry run; nothing was stored.",
    ]
    assert fingerprint(conn) == before
    assert counts(load(conn, portfolio, BOOK)) == (3, 1, 0, 1)


def test_a_file_with_errors_stores_nothing(conn: psycopg.Connection, portfolio: UUID) -> None:
    before = fingerprint(conn)
    with pytest.raises(PositionsFileError) as refused:
        load(conn, portfolio, BOOK + "V,0,1,2024-01-15,\n")
    assert "book.csv:6: column 'quantity'" in refused.value.message
    assert fingerprint(conn) == before


@pytest.mark.parametrize("portfolio_id", ["nonsense", "00000000-0000-0000-0000-000000000000", uuid4()])
def test_an_unknown_portfolio(conn: psycopg.Connection, portfolio_id: UUID | str) -> None:
    with pytest.raises(UserError) as refused:
        import_positions(conn, portfolio_id, parsed(BOOK))
    assert str(portfolio_id) in refused.value.message
    assert "sigmasight portfolios" in refused.value.message


def test_a_failure_in_the_middle_leaves_nothing(conn: psycopg.Connection, portfolio: UUID) -> None:
    conn.execute(
        """
        create function pg_temp.fail() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$;
        create trigger fail before insert on app.position_tags for each row execute function pg_temp.fail()
        """
    )
    before = fingerprint(conn)
    with pytest.raises(psycopg.errors.RaiseException):
        load(conn, portfolio, BOOK)
    assert fingerprint(conn) == before


def test_ten_thousand_lots(conn: psycopg.Connection, portfolio: UUID) -> None:
    def rows(quantity: int) -> str:
        return HEADER + "".join(
            f'S{i % 700:03},{quantity},{i}.25,2024-01-15,"t{i % 40},all"\n' for i in range(1, 10_001)
        )

    assert counts(load(conn, portfolio, rows(1))) == (10_000, 0, 0, 0)
    assert counts(load(conn, portfolio, rows(1))) == (0, 0, 10_000, 0)
    assert counts(load(conn, portfolio, rows(2))) == (0, 10_000, 0, 0)
    assert one(conn, "select count(*) from app.position_tags") == 20_000


@pytest.fixture
def committed(fresh_database_url: str) -> tuple[str, UUID, UUID]:
    """The URL of a database with two portfolios of one user."""
    with connect(fresh_database_url) as conn:
        first = open_portfolio(conn)
        user = one(conn, "select user_id from app.portfolios where portfolio_id = %s", first)
        second = open_portfolio(conn, user)
    return fresh_database_url, first, second


def wait_until_locked(url: str) -> None:
    """Returns when a session of the database waits for a lock of another."""
    with connect(url, autocommit=True) as observer:
        for _ in range(300):
            if one(observer, "select count(*) from pg_locks where not granted"):
                return
            time.sleep(0.1)
    raise AssertionError("the second import did not wait for the first")


def test_imports_of_one_portfolio_wait_for_each_other(committed: tuple[str, UUID, UUID]) -> None:
    url, portfolio, _ = committed
    reports: list[ImportReport] = []
    with connect(url) as first, connect(url) as second:
        waiting = threading.Thread(target=lambda: reports.append(load(second, portfolio, BOOK)))
        with first.transaction():
            load(first, portfolio, BOOK)
            waiting.start()
            wait_until_locked(url)
        waiting.join(30)
    assert [counts(report) for report in reports] == [(0, 0, 4, 0)]
    with connect(url) as conn:
        assert one(conn, "select count(*) from app.positions") == 4
        assert one(conn, "select count(*) from app.imports") == 1


def test_two_portfolios_of_one_user_at_once(committed: tuple[str, UUID, UUID]) -> None:
    url, *portfolios = committed
    reports: list[ImportReport] = []
    failures: list[BaseException] = []

    def run(portfolio: UUID) -> None:
        try:
            with connect(url, autocommit=True) as conn:
                reports.append(load(conn, portfolio, BOOK))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(portfolio,)) for portfolio in portfolios]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures
    assert [counts(report) for report in reports] == [(4, 0, 0, 0)] * 2
    with connect(url) as conn:
        assert one(conn, "select count(*) from app.tags") == 4
        for portfolio in portfolios:
            assert len(held(conn, portfolio)) == 4


def test_the_demo_book_round_trips(conn: psycopg.Connection, portfolio: UUID, shared_dir: Path) -> None:
    path = shared_dir / "reference/demo_portfolios/demo_hedgefundstyle.csv"
    book = parse_positions(path.read_bytes(), file_name=path.name, today=date(2025, 6, 30))
    import_positions(conn, portfolio, book)
    stored = conn.execute(
        "select symbol, position_type, quantity, entry_price, entry_date from app.positions where portfolio_id = %s",
        (portfolio,),
    ).fetchall()
    assert sorted(stored) == sorted(
        (row.symbol, row.position_type, row.quantity, row.entry_price, row.entry_date) for row in book.rows
    )


CLOSED = "symbol,quantity,entry_price,entry_date,exit_date,exit_price\n"


def closings(conn: psycopg.Connection, portfolio: UUID) -> list[tuple[object, ...]]:
    return conn.execute(
        "select p.symbol, e.exit_date::text, e.quantity, e.exit_price::float8, e.import_id is not null"
        " from app.position_exits e join app.positions p using (position_id) where p.portfolio_id = %s"
        " order by 1, 2, 4",
        (portfolio,),
    ).fetchall()


def test_a_file_closes_lots_and_changes_its_mind(conn: psycopg.Connection, portfolio: UUID) -> None:
    text = CLOSED + "KO,10,60,2024-01-15,2024-03-01,65\nPEP,5,170,2024-01-15,,\n"
    assert counts(load(conn, portfolio, text)) == (2, 0, 0, 0)
    assert closings(conn, portfolio) == [("KO", "2024-03-01", None, 65.0, True)]
    assert not load(conn, portfolio, text).changed
    assert counts(load(conn, portfolio, text.replace(",65", ",66"))) == (0, 1, 1, 0)
    assert closings(conn, portfolio) == [("KO", "2024-03-01", None, 66.0, True)]
    assert counts(load(conn, portfolio, CLOSED + "KO,10,60,2024-01-15,,\nPEP,5,170,2024-01-15,,\n")) == (0, 1, 1, 0)
    assert closings(conn, portfolio) == []


def test_a_history_closes_lots_and_a_longer_one_more(conn: psycopg.Connection, portfolio: UUID) -> None:
    trades = [
        "01/15/2024,Buy,KO,COCA-COLA,10,$60.00,,-$600.00",
        "02/01/2024,Buy,KO,COCA-COLA,5,$62.00,,-$310.00",
        "03/01/2024,Sell,KO,COCA-COLA,4,$65.00,,$260.00",
        "04/01/2024,Sell,KO,COCA-COLA,8,$66.00,,$528.00",
    ]

    def history(count: int) -> str:
        return "\n".join(["Date,Action,Symbol,Description,Quantity,Price,Fees & Comm,Amount", *trades[:count], ""])

    assert counts(load(conn, portfolio, history(3))) == (2, 0, 0, 0)
    assert closings(conn, portfolio) == [("KO", "2024-03-01", 4, 65.0, True)]
    assert not load(conn, portfolio, history(3)).changed
    assert counts(load(conn, portfolio, history(4))) == (0, 2, 0, 0)
    # of the older lot what is left, whatever that is, and 2 of the other one
    assert set(closings(conn, portfolio)) == {
        ("KO", "2024-03-01", 4, 65.0, True),
        ("KO", "2024-04-01", None, 66.0, True),
        ("KO", "2024-04-01", 2, 66.0, True),
    }
    assert not load(conn, portfolio, history(4)).changed


def test_a_list_of_what_is_held_keeps_what_was_closed(conn: psycopg.Connection, portfolio: UUID) -> None:
    held = "symbol,quantity,entry_price,entry_date\n"
    load(conn, portfolio, held + "KO,10,60,2024-01-15\nPEP,8,170,2024-01-15\nV,3,250,2024-01-15\n")
    for symbol, quantity in (("KO", None), ("PEP", 5), ("V", 1)):
        conn.execute(
            "insert into app.position_exits (position_id, exit_date, quantity, exit_price)"
            " select position_id, '2024-03-01', %s, 1 from app.positions where portfolio_id = %s and symbol = %s",
            (quantity, portfolio, symbol),
        )
    # KO is gone, 3 of PEP are left; V was sold without a word
    assert counts(load(conn, portfolio, held + "PEP,3,170,2024-01-15\n")) == (0, 0, 1, 1)
    assert (
        one(conn, "select count(*) from app.positions where portfolio_id = %s and removed_at is null", portfolio) == 2
    )
    # what was booked otherwise stays, whatever a file says of closings
    load(conn, portfolio, CLOSED + "PEP,8,170,2024-01-15,2024-04-02,180\n")
    assert closings(conn, portfolio)[1:3] == [
        ("PEP", "2024-03-01", 5, 1.0, False),
        ("PEP", "2024-04-02", None, 180.0, True),
    ]

"""Lots of a parsed file to app.positions: one transaction, whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

import psycopg

from loaders.positions_csv.lot import LotRow
from loaders.positions_csv.parse import ParsedFile
from loaders.positions_csv.securities import register_securities
from sigmasight.errors import UserError

Mode = Literal["replace", "append"]

# a lot `p` of which nothing is left: a file that lists what is held does not name it, and it keeps its place
_IS_CLOSED = """exists (
    select from app.position_exits e where e.position_id = p.position_id
    having bool_or(e.quantity is null) or sum(e.quantity) >= abs(p.quantity)
)"""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, in lots. `created` includes the `restored` ones, which an earlier file had closed and which
    kept their id; `updated` have another quantity or other tags than before; `closed` were not in the file.
    `import_id` is None when nothing changed, and for a dry run."""

    created: int
    updated: int
    unchanged: int
    closed: int
    restored: int = 0
    dry_run: bool = False
    import_id: UUID | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.created or self.updated or self.closed)

    def lines(self) -> list[str]:
        """What a person reads: the counts, then the warnings."""
        came_back = f" ({self.restored} of them came back)" if self.restored else ""
        outcome = (
            f"{self.created} lots created{came_back}, {self.updated} updated, "
            f"{self.unchanged} unchanged, {self.closed} closed."
        )
        note = ["This was a dry run; nothing was stored."] if self.dry_run else []
        return [outcome, *note, *(f"warning: {warning}." for warning in self.warnings)]


def import_positions(
    conn: psycopg.Connection,
    portfolio_id: UUID | str,
    parsed: ParsedFile,
    *,
    mode: Mode = "replace",
    dry_run: bool = False,
) -> ImportReport:
    """Makes the portfolio hold the lots of `parsed`, in one transaction (a savepoint within the caller's).

    `replace`: the file is the whole portfolio, lots it does not name are closed (`removed_at`). `append`: they stay.
    A lot is known by symbol, entry date and entry price; it keeps its id and takes the quantity of the file. Where the
    file has tags, they are the tags of the lots it names; where it has none, tags stay as they are. So it is with how
    lots were closed, save what was booked otherwise; one that was closed whole stays where a file does not name it. A
    file that changes nothing writes nothing. Imports of one portfolio wait for each other. `dry_run` tells what would
    happen; it takes no right but to read.

    Raises PositionsFileError when the file has errors, UserError when there is no such portfolio.
    """
    if mode not in ("replace", "append"):
        raise ValueError(f"mode is 'replace' or 'append', not {mode!r}")
    parsed.raise_errors()
    report: ImportReport | None = None
    with conn.transaction() as transaction:
        portfolio, user = _portfolio(conn, portfolio_id, locked=not dry_run)
        _stage(conn, parsed.rows)
        _match(conn, portfolio)
        _match_exits(conn)
        report = _report(conn, portfolio, mode, dry_run, parsed.warnings)
        if dry_run:
            raise psycopg.Rollback(transaction)
        if report.changed:
            report = _store(conn, portfolio, user, parsed, mode, report)
        conn.execute("drop table pg_temp.positions_file, pg_temp.positions_file_tags, pg_temp.positions_file_exits")
    assert report is not None
    return report


def _portfolio(conn: psycopg.Connection, portfolio_id: UUID | str, *, locked: bool) -> tuple[UUID, UUID]:
    """The portfolio and its owner; while it is locked, until the transaction ends, no other import of it runs."""
    try:
        portfolio = portfolio_id if isinstance(portfolio_id, UUID) else UUID(portfolio_id)
    except ValueError:
        raise UserError(f"'{portfolio_id}' is not the id of a portfolio. `sigmasight portfolios` lists them.") from None
    lock = " for no key update" if locked else ""
    found = conn.execute(f"select user_id from app.portfolios where portfolio_id = %s{lock}", (portfolio,)).fetchone()
    if found is None:
        raise UserError(f"There is no portfolio {portfolio}. `sigmasight portfolios` lists them.")
    return portfolio, found[0]


def _stage(conn: psycopg.Connection, rows: Sequence[LotRow]) -> None:
    conn.execute(
        """
        create temp table positions_file (
            line integer primary key,
            symbol text not null,
            quantity numeric(24, 8) not null,
            entry_price numeric(20, 8) not null,
            entry_date date not null,
            position_type text not null,
            underlying_symbol text,
            option_type text,
            strike_price numeric(20, 8),
            expiration_date date,
            has_tags boolean not null,
            has_exits boolean not null,
            position_id uuid,
            action text
        ) on commit drop;
        create temp table positions_file_tags (
            line integer not null,
            name text not null
        ) on commit drop;
        create temp table positions_file_exits (
            line integer not null,
            exit_date date not null,
            quantity numeric(24, 8),
            exit_price numeric(20, 8) not null
        ) on commit drop
        """
    )
    with (
        conn.cursor() as cursor,
        cursor.copy(
            "copy positions_file (line, symbol, quantity, entry_price, entry_date, position_type, underlying_symbol,"
            " option_type, strike_price, expiration_date, has_tags, has_exits) from stdin"
        ) as copy,
    ):
        for row in rows:
            copy.write_row(
                (
                    row.line,
                    row.symbol,
                    row.quantity,
                    row.entry_price,
                    row.entry_date,
                    row.position_type,
                    row.underlying_symbol,
                    row.option_type,
                    row.strike_price,
                    row.expiration_date,
                    row.tags is not None,
                    row.exits is not None,
                )
            )
    with conn.cursor() as cursor, cursor.copy("copy positions_file_tags (line, name) from stdin") as copy:
        for row in rows:
            for tag in row.tags or ():
                copy.write_row((row.line, tag))
    with (
        conn.cursor() as cursor,
        cursor.copy("copy positions_file_exits (line, exit_date, quantity, exit_price) from stdin") as copy,
    ):
        for row in rows:
            for one in row.exits or ():
                copy.write_row((row.line, one.exit_date, one.quantity, one.exit_price))
    conn.execute("analyze positions_file, positions_file_tags, positions_file_exits")


def _match(conn: psycopg.Connection, portfolio: UUID) -> None:
    """Decides what happens to each lot of the file: unchanged, update, retag, restore or create."""
    conn.execute(
        """
        update positions_file f
        set position_id = p.position_id,
            action = case
                when p.position_type <> f.position_type then 'update'
                when p.quantity = f.quantity then 'unchanged'
                -- a list of what is held, of a lot that was closed in part
                when not f.has_exits and abs(p.quantity) - (
                    select sum(e.quantity) from app.position_exits e where e.position_id = p.position_id
                ) = abs(f.quantity) then 'unchanged'
                else 'update'
            end
        from app.positions p
        where p.portfolio_id = %s and p.removed_at is null
            and p.symbol = f.symbol and p.entry_date = f.entry_date and p.entry_price = f.entry_price
        """,
        (portfolio,),
    )
    conn.execute(
        """
        update positions_file f
        set position_id = p.position_id, action = 'restore'
        from (
            select distinct on (symbol, entry_date, entry_price) position_id, symbol, entry_date, entry_price
            from app.positions
            where portfolio_id = %s and removed_at is not null
            order by symbol, entry_date, entry_price, removed_at desc, position_id
        ) p
        where f.action is null
            and p.symbol = f.symbol and p.entry_date = f.entry_date and p.entry_price = f.entry_price
        """,
        (portfolio,),
    )
    conn.execute("update positions_file set position_id = gen_random_uuid(), action = 'create' where action is null")
    conn.execute(
        """
        with wanted as (
            select f.line, array_agg(lower(t.name) order by lower(t.name)) as names
            from positions_file f join positions_file_tags t using (line)
            group by f.line
        ),
        present as (
            select f.line, array_agg(lower(t.name) order by lower(t.name)) as names
            from positions_file f join app.position_tags using (position_id) join app.tags t using (tag_id)
            group by f.line
        )
        update positions_file f
        set action = 'retag'
        from (
            select line, w.names as wanted_names, p.names as present_names
            from wanted w full join present p using (line)
        ) c
        where c.line = f.line and f.action = 'unchanged' and f.has_tags
            and c.wanted_names is distinct from c.present_names
        """
    )


def _match_exits(conn: psycopg.Connection) -> None:
    """What a file says of closings is the truth for those that came from files; others stay as they are."""
    conn.execute(
        """
        with wanted as (
            select f.line, array_agg(
                (e.exit_date, e.exit_price, e.quantity)::text order by e.exit_date, e.exit_price
            ) as exits
            from positions_file f join positions_file_exits e using (line)
            group by f.line
        ),
        present as (
            select f.line, array_agg(
                (e.exit_date, e.exit_price, e.quantity)::text order by e.exit_date, e.exit_price
            ) as exits
            from positions_file f join app.position_exits e using (position_id)
            where e.import_id is not null or exists (
                select from positions_file_exits x
                where x.line = f.line and x.exit_date = e.exit_date and x.exit_price = e.exit_price
            )
            group by f.line
        )
        update positions_file f
        set action = 'retag'
        from (
            select line, w.exits as wanted, p.exits as present from wanted w full join present p using (line)
        ) c
        where c.line = f.line and f.action = 'unchanged' and f.has_exits and c.wanted is distinct from c.present
        """
    )


def _report(
    conn: psycopg.Connection, portfolio: UUID, mode: Mode, dry_run: bool, warnings: Sequence[str]
) -> ImportReport:
    found = conn.execute("select action, count(*) from positions_file group by action")
    counts = {str(action): int(n) for action, n in found}
    closed = 0
    if mode == "replace":
        row = conn.execute(
            """
            select count(*) from app.positions p
            where p.portfolio_id = %s and p.removed_at is null
                and not exists (select from positions_file f where f.position_id = p.position_id)
                and not __closed__
            """.replace("__closed__", _IS_CLOSED),
            (portfolio,),
        ).fetchone()
        closed = int(row[0]) if row else 0
    restored = counts.get("restore", 0)
    return ImportReport(
        created=counts.get("create", 0) + restored,
        updated=counts.get("update", 0) + counts.get("retag", 0),
        unchanged=counts.get("unchanged", 0),
        closed=closed,
        restored=restored,
        dry_run=dry_run,
        warnings=list(warnings),
    )


def _store(
    conn: psycopg.Connection, portfolio: UUID, user: UUID, parsed: ParsedFile, mode: Mode, report: ImportReport
) -> ImportReport:
    import_id = _note_import(conn, portfolio, parsed, report)
    if mode == "replace":
        # Before the others: nothing is ever held twice.
        conn.execute(
            """
            update app.positions p set removed_at = clock_timestamp()
            where p.portfolio_id = %s and p.removed_at is null
                and not exists (select from positions_file f where f.position_id = p.position_id)
                and not __closed__
            """.replace("__closed__", _IS_CLOSED),
            (portfolio,),
        )
    conn.execute(
        """
        update app.positions p
        set quantity = f.quantity, position_type = f.position_type, removed_at = null, import_id = %s
        from positions_file f
        where p.position_id = f.position_id and f.action in ('update', 'restore')
        """,
        (import_id,),
    )
    if report.created > report.restored:
        _create(conn, portfolio, import_id, parsed.rows)
    _tag(conn, user)
    _close(conn, import_id)
    return ImportReport(
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        closed=report.closed,
        restored=report.restored,
        import_id=import_id,
        warnings=report.warnings,
    )


def _note_import(conn: psycopg.Connection, portfolio: UUID, parsed: ParsedFile, report: ImportReport) -> UUID:
    row = conn.execute(
        """
        insert into app.imports (portfolio_id, file_name, file_format, sha256, row_count,
            created_count, updated_count, unchanged_count, closed_count)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        returning import_id
        """,
        (
            portfolio,
            parsed.file_name,
            parsed.format,
            parsed.sha256,
            len(parsed.rows),
            report.created,
            report.updated,
            report.unchanged,
            report.closed,
        ),
    ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def _create(conn: psycopg.Connection, portfolio: UUID, import_id: UUID, rows: Sequence[LotRow]) -> None:
    symbols = {row.symbol for row in rows} | {row.underlying_symbol for row in rows if row.underlying_symbol}
    register_securities(conn, symbols)
    conn.execute(
        """
        insert into app.positions (position_id, portfolio_id, symbol, symbol_id, position_type, quantity, entry_price,
            entry_date, underlying_symbol, underlying_symbol_id, option_type, strike_price, expiration_date, import_id)
        select f.position_id, %s, f.symbol, s.symbol_id, f.position_type, f.quantity, f.entry_price,
            f.entry_date, f.underlying_symbol, u.symbol_id, f.option_type, f.strike_price, f.expiration_date, %s
        from positions_file f
        join raw.securities s on s.symbol = f.symbol
        left join raw.securities u on u.symbol = f.underlying_symbol
        where f.action = 'create'
        order by f.line
        """,
        (portfolio, import_id),
    )


def _close(conn: psycopg.Connection, import_id: UUID) -> None:
    """Makes the closings that came from files those of this file, for the lots it names."""
    conn.execute(
        """
        delete from app.position_exits e
        using positions_file f
        where e.position_id = f.position_id and f.has_exits and f.action <> 'unchanged' and e.import_id is not null
            and not exists (
                select from positions_file_exits x
                where x.line = f.line and x.exit_date = e.exit_date and x.exit_price = e.exit_price
            )
        """
    )
    conn.execute(
        """
        insert into app.position_exits as e (position_id, exit_date, quantity, exit_price, import_id)
        select f.position_id, x.exit_date, x.quantity, x.exit_price, %s
        from positions_file f join positions_file_exits x using (line)
        where f.action <> 'unchanged'
        on conflict (position_id, exit_date, exit_price) do update
        set quantity = excluded.quantity, import_id = excluded.import_id
        where e.quantity is distinct from excluded.quantity
        """,
        (import_id,),
    )


def _tag(conn: psycopg.Connection, user: UUID) -> None:
    """Sets the tags of the lots whose tags the file tells; known tags keep their spelling and colour."""
    conn.execute(
        """
        insert into app.tags (user_id, name)
        select distinct on (lower(t.name)) %(user)s, t.name
        from positions_file_tags t
        where not exists (select from app.tags g where g.user_id = %(user)s and lower(g.name) = lower(t.name))
        order by lower(t.name), t.line
        on conflict (user_id, lower(name)) do nothing
        """,
        {"user": user},
    )
    conn.execute(
        """
        delete from app.position_tags pt
        using positions_file f, app.tags g
        where pt.position_id = f.position_id and g.tag_id = pt.tag_id and f.has_tags and f.action <> 'unchanged'
            and not exists (
                select from positions_file_tags t where t.line = f.line and lower(t.name) = lower(g.name)
            )
        """
    )
    conn.execute(
        """
        insert into app.position_tags (position_id, tag_id)
        select distinct f.position_id, g.tag_id
        from positions_file f
        join positions_file_tags t using (line)
        join app.tags g on g.user_id = %(user)s and lower(g.name) = lower(t.name)
        where f.action <> 'unchanged'
            and not exists (
                select from app.position_tags pt where pt.position_id = f.position_id and pt.tag_id = g.tag_id
            )
        """,
        {"user": user},
    )

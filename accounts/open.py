"""Open the account of a client: the user, the portfolio and the record of taking them on, in one transaction."""

from dataclasses import dataclass
from uuid import UUID

import psycopg

from accounts.client_file import Client
from accounts.identifiers import account_ids
from accounts.onboarding_steps import Steps
from accounts.passwords import hash_password, verify_password
from loaders.positions_csv.parse import ParsedFile
from sigmasight.errors import UserError


@dataclass(frozen=True)
class Opened:
    """A client's account. `is_finished`: they were taken on completely, by an earlier command."""

    user_id: UUID
    portfolio_id: UUID
    is_finished: bool


def open_account(
    conn: psycopg.Connection, client: Client, password: str, parsed: ParsedFile, data: bytes, environment: str
) -> Opened:
    """Open the account, or go on with one that was begun; then its fields become those of the file.

    Raises UserError where the address belongs to an account that was not begun by this command, or the client was
    taken on with another file.
    """
    with conn.transaction():
        # two commands for one client: the second waits, and goes on with what the first began
        conn.execute("select pg_advisory_xact_lock(hashtextextended(lower(%s), 7))", (client.email,))
        found = conn.execute(
            "select u.user_id, u.password_hash, o.portfolio_id, o.file_sha256, o.finished_at is not null"
            " from app.users u left join app.onboardings o using (user_id)"
            " where lower(u.email) = lower(%s) or lower(u.username) = lower(%s)",
            (client.email, client.email),
        ).fetchone()
        if found is None:
            return _create(conn, client, password, parsed, data, environment)
        user_id, password_hash, portfolio_id, file_sha256, is_finished = found
        if portfolio_id is None:
            raise UserError(
                f"There is an account {client.email} already. Take the client on with another address, "
                f"or remove that account: sigmasight remove {client.email}"
            )
        if is_finished:
            if file_sha256 != parsed.sha256:
                raise UserError(
                    f"{client.email} was taken on already, with another file of positions. For new positions:\n"
                    f"  sigmasight import --portfolio {portfolio_id} {parsed.file_name}"
                )
            return Opened(user_id, portfolio_id, True)
        _update(conn, client, user_id, portfolio_id, None if verify_password(password, password_hash) else password)
        if file_sha256 != parsed.sha256:
            conn.execute(
                "update app.onboardings set file_name = %s, file_sha256 = %s, file_bytes = %s where user_id = %s",
                (parsed.file_name, parsed.sha256, data, user_id),
            )
            Steps(conn, user_id).forget(("positions", "market_data", "run", "verify"))
        return Opened(user_id, portfolio_id, False)


def _create(
    conn: psycopg.Connection, client: Client, password: str, parsed: ParsedFile, data: bytes, environment: str
) -> Opened:
    user_id, portfolio_id = account_ids(client.email, environment)
    conn.execute(
        "insert into app.users (user_id, email, full_name, password_hash) values (%s, %s, %s, %s)",
        (user_id, client.email, client.full_name, hash_password(password)),
    )
    conn.execute(
        "insert into app.portfolios (portfolio_id, user_id, name, description, currency, equity_balance)"
        " values (%s, %s, %s, %s, %s, %s)",
        (
            portfolio_id,
            user_id,
            client.portfolio_name,
            client.portfolio_description,
            client.currency,
            client.equity_balance,
        ),
    )
    conn.execute(
        "insert into app.onboardings (user_id, portfolio_id, file_name, file_sha256, file_bytes)"
        " values (%s, %s, %s, %s, %s)",
        (user_id, portfolio_id, parsed.file_name, parsed.sha256, data),
    )
    Steps(conn, user_id).finish("account", {"user_id": str(user_id), "portfolio_id": str(portfolio_id)})
    return Opened(user_id, portfolio_id, False)


def _update(
    conn: psycopg.Connection, client: Client, user_id: UUID, portfolio_id: UUID, new_password: str | None
) -> None:
    conn.execute(
        "update app.users set email = %s, full_name = %s, password_hash = coalesce(%s, password_hash)"
        " where user_id = %s",
        (client.email, client.full_name, new_password and hash_password(new_password), user_id),
    )
    conn.execute(
        "update app.portfolios set name = %s, description = %s, currency = %s, equity_balance = %s"
        " where portfolio_id = %s",
        (
            client.portfolio_name,
            client.portfolio_description,
            client.currency,
            client.equity_balance,
            portfolio_id,
        ),
    )

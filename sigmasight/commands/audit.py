"""Who did what."""

import datetime as dt
import uuid

import click

from sigmasight.commands.shared import DAY, as_day, json_option, show


@click.command()
@click.option("--user", metavar="EMAIL", help="Only what this person did.")
@click.option("--portfolio", type=click.UUID, metavar="ID", help="Only what belongs to this portfolio.")
@click.option("--kind", help="Only this kind: user, portfolio, position, exit, flow, tag, login, job, run, …")
@click.option("--since", type=DAY, callback=as_day, metavar="DATE", help="From this day (UTC) on.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="The newest so many.")
@json_option
def audit(
    user: str | None, portfolio: uuid.UUID | None, kind: str | None, since: dt.date | None, limit: int, as_json: bool
) -> int:
    """Show who did what to accounts, positions, tags and runs, the newest first."""
    return show(
        """
        select l.*, u.email as user_email
        from ops.audit_log l left join app.users u using (user_id)
        where (%(user)s::text is null or lower(u.email) = lower(%(user)s))
            and (%(portfolio)s::uuid is null or l.portfolio_id = %(portfolio)s)
            and (%(kind)s::text is null or l.object_kind = %(kind)s)
            and (%(since)s::date is null or l.happened_at >= %(since)s)
        order by l.audit_id desc limit %(limit)s
        """,
        {"user": user, "portfolio": portfolio, "kind": kind, "since": since, "limit": limit},
        ("happened_at", "user_email", "db_role", "action", "object_kind", "object_id", "row_count", "new_values"),
        "Audit log",
        as_json,
    )

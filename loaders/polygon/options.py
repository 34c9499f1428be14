"""Bars of option contracts: there is no request for all of them, so what fits into a run is asked, oldest gap first.

Each contract is asked from where it was last covered (and the last sessions again), so that what is put off comes late
but is never lost. A contract that never had a bar is asked again after 1, 2, 4, 8 … sessions; an expired one, once it
is covered through its last session, never again.
"""

import datetime as dt
from dataclasses import dataclass

from loaders.fetches import Coverage, coverage, is_unavailable, record_fetch
from loaders.polygon.apply import note_unsupported
from loaders.polygon.bars import load_symbol, reask_from
from loaders.polygon.client import NotEntitled
from loaders.polygon.job import Job
from loaders.report import Gap
from loaders.securities.classify import classify
from loaders.securities.load import Security, ensure_securities, option_successors, tracked_securities

DATASET = "option_bars"


@dataclass(frozen=True)
class Contract:
    """A contract to ask, over which days; `has_bars` whether any ever came."""

    security: Security
    from_date: dt.date
    through: dt.date
    has_bars: bool
    covered_through: dt.date | None


def add_successors(job: Job) -> dict[str, tuple[str, dt.date]]:
    """Track the contracts that held ones became by a split; see `option_successors`."""
    successors = option_successors(job.conn, job.market)
    with job.conn.transaction():
        ids = ensure_securities(job.conn, [symbol for symbol, _ in successors.values()])
    if ids:
        by_symbol = {security.symbol for security in job.securities}
        added = [s for s in tracked_securities(job.conn, also=list(ids.values())) if s.symbol not in by_symbol]
        job.securities += added
    return successors


def load_options(job: Job) -> None:
    """Ask for the contracts that are due while requests of this run are left; the rest is reported as deferred."""
    options = [security for security in job.securities if security.kind == "option"]
    if not options:
        return
    if is_unavailable(job.conn, job.source, DATASET, job.market):
        job.report.unavailable.setdefault(DATASET, "not offered when last asked")
        return
    successors = add_successors(job)
    options = [security for security in job.securities if security.kind == "option"]
    contracts = due_contracts(job, options, successors)
    if not contracts:
        return
    with job.dataset(DATASET), job.progress.task("option bars", total=len(contracts)) as task:
        for position, contract in enumerate(contracts):
            if not job.may_ask():
                _note_deferred(job, contracts[position:])
                return
            try:
                count = load_symbol(job, contract.security, contract.from_date, contract.through)
            except NotEntitled as error:
                job.note_failure(DATASET, contract.security.symbol, error)
                with job.conn.transaction():
                    record_fetch(job.conn, job.source, DATASET, "*", job.market, job.market, 0, outcome="unavailable")
                return
            if count == 0 and not contract.has_bars:
                note_unsupported(job, contract.security, "the provider has no bars of this contract")
            task.advance()


def _note_deferred(job: Job, contracts: list[Contract]) -> None:
    names = [contract.security.symbol for contract in contracts]
    more = " …" if len(names) > 5 else ""
    job.report.deferred.append(f"bars of {len(names)} option contracts ({', '.join(names[:5])}{more})")
    reason = "put off to a later load, the requests of this one are used up"
    job.report.gaps += [Gap(contract.security.symbol, None, reason) for contract in contracts if contract.has_bars]


def due_contracts(job: Job, options: list[Security], successors: dict[str, tuple[str, dt.date]]) -> list[Contract]:
    """Contracts to ask in this run: those with bars first, the oldest gap first, then those that never had one."""
    covered = coverage(job.conn, job.source, "bars")
    with_bars = {
        row[0]
        for row in job.conn.execute(
            """
            select s.symbol_id from unnest(%s::integer[]) as s (symbol_id)
            where exists (select from raw.bars b where b.symbol_id = s.symbol_id)
            """,
            ([security.symbol_id for security in options],),
        )
    }
    begins = dict(successors.values())
    contracts = []
    for security in options:
        expiration = classify(security.symbol).expiration_date
        if expiration is None:
            continue
        # after a split its bars carry the new symbol
        until = min(expiration, successors[security.symbol][1] if security.symbol in successors else expiration)
        through = min(job.market, until)
        first = max(job.lookback_start, begins.get(security.symbol, job.lookback_start))
        own = covered.get(security.symbol)
        if own is None:
            if through >= first:
                contracts.append(Contract(security, first, through, False, None))
            continue
        has_bars = security.symbol_id in with_bars
        if own.from_date > first:
            contracts.append(Contract(security, first, through, has_bars, None))
        elif own.through_date < through and (has_bars or _is_due(job, own)):
            start = max(first, reask_from(job, own.through_date))
            contracts.append(Contract(security, start, through, has_bars, own.through_date))
    oldest = dt.date.min
    return sorted(contracts, key=lambda c: (not c.has_bars, c.covered_through or oldest, c.security.symbol))


def _is_due(job: Job, own: Coverage) -> bool:
    """Never a bar: asked again after 1, 2, 4, 8 … sessions."""
    sessions_since = len(job.calendar.between(own.through_date, job.market))
    return sessions_since >= 1 << max(0, own.empty_answers - 1)

"""An engine that fails: the run is published without it and says so; the next one heals it. Limits are checked."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from accounts.demo import PINNED_MARKET_DATE
from db.connection import connect
from tests.support import demo
from tests.support.http import serving, settings_for

BREAK = """
create function public.broken() returns trigger language plpgsql as $$
begin
    raise exception 'broken on purpose: it''s 100 %% \\broken';
end
$$;
create trigger broken before insert on published.portfolio_performance
for each row execute function public.broken();
"""
# a beta that the book crosses now and then, and one that it is always above
RULE = """
insert into app.limit_rules (portfolio_id, name, metric, threshold, effective_from)
select portfolio_id, 'Beta', 'beta', percentile_cont(0.7) within group (order by beta), min(session_date)
from marts.portfolio_daily_risk where view = 'portfolio' and beta > 0 group by portfolio_id
union all
select portfolio_id, 'Low', 'beta', min(beta) / 2, min(session_date)
from marts.portfolio_daily_risk where view = 'portfolio' and beta > 0 group by portfolio_id
"""
BETAS = """
select r.rule_id::text, r.threshold, d.session_date, d.beta
from app.limit_rules r join marts.portfolio_daily_risk d using (portfolio_id)
where d.view = 'portfolio' and d.beta is not null and d.session_date >= r.effective_from
order by r.rule_id, d.session_no
"""


def one(conn: psycopg.Connection, query: str) -> object:
    row = conn.execute(query).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture(scope="module")
def outcome(own_demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What two runs told: one with a broken engine, one after it."""
    url, folder = own_demo_database_url, tmp_path_factory.mktemp("engines")
    found: dict[str, object] = {"url": url}
    with connect(url, autocommit=True) as conn:
        found["rows"] = one(conn, "select count(*) from marts.portfolio_performance")
        found["before"] = one(conn, "select clock_timestamp()::text")
        conn.execute(RULE)
        conn.execute(BREAK)
        found["broken"] = demo.daily(url, Path(folder))
        found["broken run"] = one(conn, "select run_id from ops.published_run")
        found["state"] = conn.execute("select status, reason, run_id from ops.engine_state('performance')").fetchone()
        found["failed"] = conn.execute(
            "select engine, detail from ops.run_engines where status = 'failed' and run_id = %s", (found["broken run"],)
        ).fetchall()
        found["missing rows"] = one(conn, "select count(*) from marts.portfolio_performance")
        found["other rows"] = one(conn, "select count(*) from marts.portfolio_daily_risk")
        found["market date"] = one(conn, "select market_date::text from ops.visible_run()")
        conn.execute("select set_config('sigmasight.known_at', %s, false)", (str(found["before"]),))
        found["known rows"] = one(conn, "select count(*) from marts.portfolio_performance")
        conn.execute("reset sigmasight.known_at")
        with serving(settings_for(url, Path(folder))) as api:
            found["ready"] = api.get("/ready", None).json()
            found["metrics"] = api.get("/metrics", "demo_admin").text
        conn.execute("drop function public.broken() cascade")
        found["healed"] = demo.daily(url, Path(folder))
    return found


def test_a_run_is_published_without_the_engine_that_failed(outcome: dict[str, object]) -> None:
    told = " ".join(str(outcome["broken"]).split())
    assert "performance has no figures in this run" in told and "broken on purpose" in told
    assert outcome["state"] == ("failed", "failed: model published_portfolio_performance", outcome["broken run"])
    assert outcome["failed"] == [
        ("performance", "model published_portfolio_performance: broken on purpose: it's 100 % \\broken")
    ]


def test_nothing_of_it_is_read_as_current_and_the_others_are_there(outcome: dict[str, object]) -> None:
    assert outcome["missing rows"] == 0 and outcome["other rows"]
    assert outcome["market date"] == PINNED_MARKET_DATE.isoformat()


def test_the_service_is_ready_and_tells_of_it(outcome: dict[str, object]) -> None:
    ready = outcome["ready"]
    assert isinstance(ready, dict) and ready["status"] == "ready"
    engines = ready["checks"]["engines"]
    assert (engines["status"], engines["failed"]) == ("failed", ["performance"])
    assert engines["reason"].endswith(
        f"failed: model published_portfolio_performance (since run {outcome['broken run']})"
    )
    metrics = str(outcome["metrics"]).splitlines()
    assert 'sigmasight_engine_ok{engine="performance"} 0.0' in metrics
    assert 'sigmasight_engine_ok{engine="limits"} 1.0' in metrics
    assert f'sigmasight_engine_run{{engine="limits"}} {float(str(outcome["broken run"]))}' in metrics


def test_what_was_published_before_is_still_known(outcome: dict[str, object]) -> None:
    assert outcome["known rows"] == outcome["rows"]


def test_the_next_run_heals_it(outcome: dict[str, object]) -> None:
    assert "failed" not in str(outcome["healed"])
    with connect(str(outcome["url"])) as conn:
        assert one(conn, "select status from ops.engine_state('performance')") == "ok"
        assert one(conn, "select count(*) from marts.portfolio_performance") == outcome["rows"]


def test_limits_are_checked_and_crossings_are_events(outcome: dict[str, object]) -> None:
    with connect(str(outcome["url"])) as conn:
        checks = conn.execute(
            "select rule_id::text, threshold, session_date, figure from marts.limit_checks where figure is not null"
            " order by rule_id, session_no"
        ).fetchall()
        assert checks == conn.execute(BETAS).fetchall() and len(checks) > 200
        breaches = conn.execute("select rule_id::text, session_date from marts.limit_breaches").fetchall()
        assert sorted(breaches) == sorted((rule, day) for rule, limit, day, beta in checks if beta > limit)
        events = conn.execute(
            "select rule_id::text, session_date, cleared_date, is_active from marts.limit_events"
            " order by rule_id, session_no"
        ).fetchall()
    # one after the other, as a person would
    expected: list[list[object]] = []
    for rule, limit, day, beta in checks:
        active = bool(expected) and expected[-1][0] == rule and expected[-1][3]
        if beta > limit and not active:
            expected.append([rule, day, None, True])
        elif beta <= 0.95 * limit and active:
            expected[-1][2:] = [day, False]
    assert [list(event) for event in events] == expected and len(expected) > 3


def test_crossings_that_last_are_alerts(outcome: dict[str, object]) -> None:
    with connect(str(outcome["url"])) as conn:
        told = conn.execute(
            "select event_key, severity, subject, portfolio_id, session_date from ops.alert_events where kind = 'limit'"
        ).fetchall()
        lasting = conn.execute(
            "select 'limit.' || event_id, 'warning', rule_name, portfolio_id, session_date from marts.limit_events"
            " where is_active"
        ).fetchall()
        detail = one(conn, "select detail from ops.alert_events where kind = 'limit' limit 1")
    assert sorted(told) == sorted(lasting) and told
    assert str(detail).startswith("beta was ") and ", above the limit of " in str(detail)

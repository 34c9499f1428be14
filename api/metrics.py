"""Figures about the API for Prometheus.

With several processes prometheus-client keeps them in files (PROMETHEUS_MULTIPROC_DIR, which `sigmasight serve` sets),
and whichever process is asked answers for all of them.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class _Once(Collector):
    """Figures that were asked for just now."""

    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> list[GaugeMetricFamily]:
        return self._families


class Metrics:
    """Counts and times requests."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "sigmasight_http_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "sigmasight_http_request_seconds",
            "How long requests took.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self.in_flight = Gauge(
            "sigmasight_http_requests_in_flight",
            "Requests that are being answered.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )
        self.password_checks = Counter(
            "sigmasight_password_checks",
            "Passwords that were checked against a hash, also that of nobody.",
            registry=self._registry,
        )
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._timers: dict[tuple[str, str], Histogram] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered. `route` is a template, so that there are no more series than routes."""
        counter = self._counters.get((method, route, status))
        if counter is None:
            counter = self._counters[method, route, status] = self._requests.labels(method, route, str(status))
        counter.inc()
        timer = self._timers.get((method, route))
        if timer is None:
            timer = self._timers[method, route] = self._seconds.labels(method, route)
        timer.observe(seconds)

    def text(self, pool: dict[str, int], service: dict[str, object] | None) -> bytes:
        """Everything in the text format of Prometheus.

        `pool`: figures of this process's connection pool; `service`: what `api.service_figures` returns, None where
        the database does not answer.
        """
        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        asked = CollectorRegistry()
        asked.register(_Once([*_pool_figures(pool), *_service_figures(service)]))
        return generate_latest(registry) + generate_latest(asked)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"sigmasight_{name}", text, value=value)


def _pool_figures(pool: dict[str, int]) -> list[GaugeMetricFamily]:
    return [
        _gauge("pool_connections", "Connections of this process to the database.", pool["open"]),
        _gauge("pool_connections_idle", "Those that wait for a request.", pool["idle"]),
        _gauge("pool_requests_waiting", "Requests that wait for a connection.", pool["waiting"]),
    ]


def _service_figures(service: dict[str, object] | None) -> list[GaugeMetricFamily]:
    found = [_gauge("database_up", "1 where the database answers.", 0 if service is None else 1)]
    if service is None:
        return found
    for name, text in (
        ("run_age_sessions", "Sessions that ended since the newest one published."),
        ("run_published_timestamp_seconds", "When the last run was published."),
    ):
        value = service[name]
        if isinstance(value, (int, float)):
            found.append(_gauge(name, text, value))
    engines = service["engines"]
    if isinstance(engines, list):
        state = GaugeMetricFamily(
            "sigmasight_engine_ok", "1 where an engine of the published run has figures.", labels=("engine",)
        )
        since = GaugeMetricFamily(
            "sigmasight_engine_run",
            "The run whose work that is, an earlier one where it is carried.",
            labels=("engine",),
        )
        for one in engines:
            state.add_metric((one["engine"],), 1 if one["status"] == "ok" else 0)
            since.add_metric((one["engine"],), one["run_id"])
        found += [state, since]
    jobs = service["jobs"]
    if isinstance(jobs, dict):
        family = GaugeMetricFamily("sigmasight_jobs", "Jobs by status.", labels=("status",))
        for status, count in jobs.items():
            family.add_metric((status,), count)
        found.append(family)
    return found

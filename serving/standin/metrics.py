"""What the server tells Prometheus, under TF Serving's names where it has one (`_total` is the library's)."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

PATH = "/monitoring/prometheus/metrics"
_PREFIX = ":tensorflow:serving:"
# TF Serving's buckets, in microseconds and in rows.
_MICROSECONDS = tuple(10 * 1.8**power for power in range(33))
_ROWS = tuple(2.0**power for power in range(14))


class Metrics:
    """The metrics of one server. Thread-safe."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            f"{_PREFIX}request_count", "Requests.", ["model_name", "method", "status"], registry=self._registry
        )
        self._latency = Histogram(
            f"{_PREFIX}request_latency",
            "Microseconds of a request that succeeded.",
            ["model_name", "API", "entrypoint"],
            buckets=_MICROSECONDS,
            registry=self._registry,
        )
        self._loaded = Gauge(
            f"{_PREFIX}loaded_versions", "Versions that are available.", ["model_name"], registry=self._registry
        )
        self._batch = Histogram(
            f"{_PREFIX}batching_session:processed_batch_size",
            "Rows that were run together.",
            buckets=_ROWS,
            registry=self._registry,
        )
        self._queued = Gauge(
            f"{_PREFIX}batching_session:enqueued_batches", "Batches that wait for a thread.", registry=self._registry
        )

    def request(self, model: str, method: str, entrypoint: str, status: str, seconds: float) -> None:
        """A request has ended. A name of a model that is not served would let clients make up labels: give ""."""
        self._requests.labels(model, method, status).inc()
        if status == "OK":
            self._latency.labels(model, method, entrypoint).observe(seconds * 1e6)

    def loaded(self, model: str, versions: int) -> None:
        """So many versions of a model are available."""
        self._loaded.labels(model).set(versions)

    def batch(self, rows: int) -> None:
        """A batch was run."""
        self._batch.observe(rows)

    def queue(self, length: Callable[[], float]) -> None:
        """Where to look up how many batches wait."""
        self._queued.set_function(length)

    def render(self) -> tuple[bytes, str]:
        """The page and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4

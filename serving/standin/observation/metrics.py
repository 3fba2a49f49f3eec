"""What the server tells Prometheus, under TF Serving's names, labels and buckets.

Beside them: how many versions are loaded, and how many batches wait.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

PATH = "/monitoring/prometheus/metrics"
_PREFIX = ":tensorflow:serving:"
_COUNTERS = ("request_count", "model_warmup_records_read")


def _buckets(scale: float, growth: float, count: int) -> tuple[float, ...]:
    return tuple(scale * growth**power for power in range(count))


# In microseconds, in rows, and in microseconds again.
_LATENCY, _ROWS, _QUEUING = _buckets(10, 1.8, 33), _buckets(1, 2, 14), _buckets(100, 1.2, 52)
# Which TensorFlow runs the graph, and whose queue it is: both have one name here.
_RUNTIME, _POOL = "TF1", "batch_threads"


class Metrics:
    """The metrics of one server. Thread-safe."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = self._counter(_COUNTERS[0], "The total number of requests.", ["model_name", "status"])
        self._latency = self._histogram(
            "request_latency", "Microseconds of a request.", ["model_name", "API", "entrypoint"], _LATENCY
        )
        self._runtime = self._histogram(
            "runtime_latency", "Microseconds of TensorFlow's run.", ["model_name", "API", "runtime"], _LATENCY
        )
        warm_up = ["model_path", "status"]
        self._records = self._counter(_COUNTERS[1], "Warm-up records.", warm_up)
        self._warm_up = self._histogram("model_warmup_latency", "Microseconds of a warm-up.", warm_up, _LATENCY)
        session = "batching_session:"
        self._input = self._histogram(f"{session}input_batch_size", "Rows of a request.", [], _ROWS)
        self._batch = self._histogram(f"{session}processed_batch_size", "Rows that were run together.", [], _ROWS)
        self._queuing = self._histogram(
            f"{session}queuing_latency", "Microseconds in the queue.", ["thread_pool_name"], _QUEUING
        )
        self._loaded = Gauge(
            f"{_PREFIX}loaded_versions", "Versions that are available.", ["model_name"], registry=self._registry
        )
        self._queued = Gauge(
            f"{_PREFIX}{session}enqueued_batches", "Batches that wait for a thread.", registry=self._registry
        )

    def _counter(self, name: str, text: str, labels: Sequence[str]) -> Counter:
        return Counter(_PREFIX + name, text, labels, registry=self._registry)

    def _histogram(self, name: str, text: str, labels: Sequence[str], buckets: Sequence[float]) -> Histogram:
        return Histogram(_PREFIX + name, text, labels, buckets=buckets, registry=self._registry)

    def request(self, model: str, method: str, entrypoint: str, status: str, seconds: float) -> None:
        """A request has ended. A name of a model that is not served would let clients make up labels: give ""."""
        self._requests.labels(model, status).inc()
        if status == "OK":
            self._latency.labels(model, method, entrypoint).observe(seconds * 1e6)

    def run(self, model: str, method: str, seconds: float) -> None:
        """TensorFlow has run a request, alone or in a batch."""
        self._runtime.labels(model, method, _RUNTIME).observe(seconds * 1e6)

    def warm_up(self, folder: str, status: str, records: int, seconds: float) -> None:
        """A version has run so many of its warm-up requests."""
        self._records.labels(folder, status).inc(records)
        self._warm_up.labels(folder, status).observe(seconds * 1e6)

    def loaded(self, model: str, versions: int) -> None:
        """So many versions of a model are available."""
        self._loaded.labels(model).set(versions)

    def batch(self, requests: Sequence[int], waited: Sequence[float]) -> None:
        """A batch was run: rows of each request in it, and seconds that each has waited for it."""
        self._batch.observe(sum(requests))
        for rows, seconds in zip(requests, waited, strict=True):
            self._input.observe(rows)
            self._queuing.labels(_POOL).observe(seconds * 1e6)

    def queue(self, length: Callable[[], float]) -> None:
        """Where to look up how many batches wait."""
        self._queued.set_function(length)

    def render(self) -> tuple[bytes, str]:
        """The page and its content type."""
        page = generate_latest(self._registry)
        for name in _COUNTERS:
            # The library ends a counter's name so.
            page = page.replace(f"{_PREFIX}{name}_total".encode(), f"{_PREFIX}{name}".encode())
        return page, CONTENT_TYPE_PLAIN_0_0_4

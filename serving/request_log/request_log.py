"""The log: requests are handed over without waiting, and written by a thread of their own."""

from __future__ import annotations

import atexit
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from widedeep.components.common.errors import ConfigError
from widedeep.serving.client.signature import Features
from widedeep.serving.request_log.entry import Entry, entry
from widedeep.serving.tensors import Array

# After which a file is written. A crash loses what came since.
_SECONDS = 60.0
# Between two looks of the thread at what has come: being woken by each request costs requests more than all the rest.
_TICK = 0.5
# Calls that wait for it at most, and bytes of them; more are dropped rather than waited for.
_WAITING, _WAITING_BYTES = 10_000, 256 * 2**20
_TOLD_EVERY = 60.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counts:
    """What became of the requests that were chosen: written, or left out because the thread or the disk had no room."""

    written: int = 0
    dropped: int = 0


class RequestLog:
    """Writes a sample of all requests to Parquet files, by day. Threads and clients may share it.

    It never fails a request, and none waits for it: what can't be written is counted and told by a warning.
    """

    def __init__(
        self,
        folder: Path,
        *,
        share: float = 1.0,
        left_out: Collection[str] = (),
        most_mib: float = 10_240,
        seconds: float = _SECONDS,
    ) -> None:
        """Starts the thread.

        Args:
            folder: for log_day=2026-11-29/hour-13-....parquet and so on.
            share: of the calls, drawn at random: 0 to 1.
            left_out: features whose values are not written.
            most_mib: that all files in the folder may have; beyond, nothing more is written.
            seconds: after which a file is written, if it is not full before.

        Raises:
            ConfigError: an argument is wrong, the folder can't be used, or pyarrow is not installed.
        """
        if not 0 <= share <= 1:
            raise ConfigError(f"share {share:g}: give a part of all requests, from 0 to 1.")
        if not seconds > 0:
            raise ConfigError(f"seconds {seconds:g}: give more than 0.")
        try:
            from widedeep.serving.request_log.file_writer import FileWriter
            from widedeep.serving.request_log.log_files import LogFiles
        except ModuleNotFoundError:
            raise ConfigError("a request log needs pyarrow: pip install 'widedeep-tfx[log]'.") from None
        try:
            self._files = LogFiles(folder, round(most_mib * 2**20))
        except OSError as error:
            raise ConfigError(f"{folder}: can't be used for a request log: {error.strerror}.") from None
        self._share, self._left_out, self._tick = share, frozenset(left_out), min(_TICK, seconds)
        self._calls: deque[Entry] = deque()
        self._waiting_bytes = 0
        self._counts, self._lock, self._told = Counts(), threading.Lock(), -_TOLD_EVERY
        self._writer = FileWriter(self._files, seconds, written=self._written, dropped=self._dropped)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="request-log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    @property
    def counts(self) -> Counts:
        """What became of the requests so far."""
        return self._counts

    def record(
        self,
        request: str | None,
        version: int | None,
        features: Features,
        tensors: Mapping[str, Array],
        scores: NDArray[np.float32],
    ) -> None:
        """Logs a call, if it is among those that are chosen.

        Args:
            request: its id; None: each of its requests gets a new one.
            version: of the model.
            features: the model's.
            tensors: as they were sent, those of one request or of several; nobody may change the numbers any more.
            scores: float32 [n, c], of the candidates in the order of the request.
        """
        if self._closed.is_set() or (self._share < 1 and random.random() >= self._share):  # noqa: S311
            return
        if len(self._calls) >= _WAITING or self._waiting_bytes >= _WAITING_BYTES:
            self._dropped(len(scores), "more requests come than can be written")
            return
        try:
            kept = entry(time.time(), request, version, features, tensors, scores, self._left_out)
        except Exception as error:
            # Whatever it is, the request goes on.
            self._dropped(len(scores), f"{type(error).__name__}: {error}")
            return
        with self._lock:
            self._waiting_bytes += kept.size
        self._calls.append(kept)

    def close(self) -> None:
        """Writes what waits, and ends."""
        if not self._closed.is_set():
            self._closed.set()
            self._thread.join()
            # What came while the thread ended.
            self._take()
            self._writer.flush()
            atexit.unregister(self.close)

    def __enter__(self) -> RequestLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _work(self) -> None:
        while not self._closed.wait(self._tick):
            self._take()

    def _take(self) -> None:
        entries = [self._calls.popleft() for _ in range(len(self._calls))]
        self._writer.add(entries)
        with self._lock:
            self._waiting_bytes -= sum(entry.size for entry in entries)

    def _written(self, number: int) -> None:
        with self._lock:
            self._counts = replace(self._counts, written=self._counts.written + number)

    def _dropped(self, number: int, why: str) -> None:
        with self._lock:
            self._counts = replace(self._counts, dropped=self._counts.dropped + number)
            if time.monotonic() - self._told < _TOLD_EVERY:
                return
            self._told = time.monotonic()
        log.warning("the request log has left out %d requests so far: %s", self._counts.dropped, why)

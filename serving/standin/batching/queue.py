"""Puts requests of several clients together, as TF Serving's batching does: more rows a second for a little waiting.

A batch runs when it is full, or when its first request has waited long enough, as soon as a thread is free.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import grpc

from widedeep.serving.standin.batching import merging
from widedeep.serving.standin.batching.parameters import Parameters
from widedeep.serving.standin.call import Call
from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.standin.models.servable import Servable
from widedeep.serving.standin.observation.metrics import Metrics
from widedeep.serving.tensors import Array


@dataclass(frozen=True)
class _Task:
    feeds: Mapping[str, Array]
    rows: int
    call: Call
    queued: float = field(default_factory=time.monotonic)
    answer: Future[Mapping[str, Array]] = field(default_factory=Future)


@dataclass
class _Batch:
    key: Hashable
    servable: Servable
    fetches: Sequence[str]
    due: float  # by the monotonic clock
    tasks: list[_Task] = field(default_factory=list)
    rows: int = 0


class Batcher:
    """Threads that run batches. A queue holds what can be put together, so that nothing bad comes of it."""

    def __init__(self, parameters: Parameters, metrics: Metrics) -> None:
        self._parameters = parameters
        self._metrics = metrics
        self._queues: dict[Hashable, deque[_Batch]] = {}
        self._changed = threading.Condition()
        self._closed = False
        metrics.queue(lambda: sum(len(queue) for queue in list(self._queues.values())))
        self._threads = [
            threading.Thread(target=self._work, name=f"batch-{number}", daemon=True)
            for number in range(parameters.num_batch_threads)
        ]
        for thread in self._threads:
            thread.start()

    def run(
        self, servable: Servable, call: Call, feeds: Mapping[str, Array], fetches: Sequence[str]
    ) -> Mapping[str, Array]:
        """Servable.run, together with others. The caller holds the servable open meanwhile.

        Raises:
            ServingError: the inputs can't be batched, the queue is full, or what TensorFlow says.
        """
        rows = merging.rows(feeds)
        if rows > self._parameters.max_batch_size:
            limit = self._parameters.max_batch_size
            raise invalid(f"Task size {rows} is larger than maximum input batch size {limit}")
        fetches = sorted(set(fetches))
        likeness = merging.likeness(feeds, padded=self._parameters.pad_variable_length_inputs)
        tasks = self._enqueue(feeds, rows, call, (id(servable), tuple(fetches), likeness), servable, fetches)
        return merging.joined([task.answer.result() for task in tasks])

    def _enqueue(
        self,
        feeds: Mapping[str, Array],
        rows: int,
        call: Call,
        key: Hashable,
        servable: Servable,
        fetches: Sequence[str],
    ) -> list[_Task]:
        """One task, or where a request is cut up one for each batch that it is in: all of them, or none."""
        with self._changed:
            if self._closed:
                raise ServingError(grpc.StatusCode.UNAVAILABLE, "The server is stopping.")
            queue = self._queues.get(key, deque())
            room = self._parameters.rows - queue[-1].rows if queue else 0
            sizes = self._sizes(rows, room)
            joins = bool(queue) and sizes[0] <= room
            most = self._parameters.max_enqueued_batches
            if len(queue) + len(sizes) - joins > most:
                raise ServingError(
                    grpc.StatusCode.UNAVAILABLE,
                    "The batch scheduling queue to which this task was submitted is full; currently"
                    f" {len(queue)} batches enqueued and max_enqueued_batches is {most}",
                )
            due = time.monotonic() + self._parameters.batch_timeout_micros / 1e6
            tasks = [_Task(part, size, call) for part, size in zip(merging.cut(feeds, sizes), sizes, strict=True)]
            for number, task in enumerate(tasks):
                if number or not joins:
                    queue.append(_Batch(key, servable, fetches, due))
                queue[-1].tasks.append(task)
                queue[-1].rows += task.rows
            self._queues[key] = queue
            self._changed.notify(len(tasks))
            return tasks

    def _sizes(self, rows: int, room: int) -> list[int]:
        """Into how many rows each a request is cut: what the last batch has room for, then whole batches."""
        most = self._parameters.rows
        if rows <= room or not self._parameters.enable_large_batch_splitting:
            return [rows]
        left = rows - room
        sizes = [room] * bool(room) + [most] * (left // most) + [left % most] * bool(left % most)
        return sizes or [0]

    def _work(self) -> None:
        while (batch := self._next()) is not None:
            self._process(batch)

    def _next(self) -> _Batch | None:
        with self._changed:
            while True:
                now = time.monotonic()
                ready = [queue[0] for queue in self._queues.values() if self._is_ready(queue, now)]
                if ready:
                    batch = min(ready, key=lambda head: head.due)
                    queue = self._queues[batch.key]
                    queue.popleft()
                    if not queue:
                        del self._queues[batch.key]
                    return batch
                if self._closed:
                    return None
                due = min((queue[0].due for queue in self._queues.values()), default=None)
                self._changed.wait(None if due is None else due - now)

    def _is_ready(self, queue: deque[_Batch], now: float) -> bool:
        first = queue[0]
        full = len(queue) > 1 or first.rows >= self._parameters.rows
        return full or first.due <= now or self._closed

    def _process(self, batch: _Batch) -> None:
        try:
            tasks = [task for task in batch.tasks if _awaited(task)]
            if tasks:
                self._run(batch, tasks)
        except BaseException as error:  # every caller is to be woken, whatever went wrong
            for task in batch.tasks:
                if not task.answer.done():
                    task.answer.set_exception(error)

    def _run(self, batch: _Batch, tasks: Sequence[_Task]) -> None:
        sizes, started = [task.rows for task in tasks], time.monotonic()
        try:
            outputs = batch.servable.run(merging.merge([task.feeds for task in tasks]), batch.fetches)
        except Exception as error:  # whatever a request may bring about
            if len(tasks) == 1:
                tasks[0].answer.set_exception(error)
                return
            # One of them is bad. Alone, each gets its own answer.
            for task in tasks:
                self._run(batch, [task])
            return
        self._metrics.batch(sizes, [started - task.queued for task in tasks])
        for task, answer in zip(tasks, merging.split(outputs, sizes), strict=True):
            task.answer.set_result(answer)

    def close(self) -> None:
        """Runs what is queued, and ends the threads."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()


def _awaited(task: _Task) -> bool:
    try:
        task.call.check()
    except ServingError as error:
        task.answer.set_exception(error)
        return False
    return True

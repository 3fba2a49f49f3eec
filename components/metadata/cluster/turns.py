"""One process at a time works on a node.

Two pods can come to work on the same node: two runs at once, or a retry whose first pod was lost to the cluster and
still runs. They would write the same unfinished training and push the same version. So a process takes a turn first: a
record in the metadata that only one can make, since its name is unique. The holder counts the record's beats up. Who
waits may make the next record once the last one has ended or stood still for LAPSE seconds by the waiter's own clock.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ml_metadata import errors
from ml_metadata.proto import metadata_store_pb2

from widedeep.components.common.errors import WideDeepError, reason
from widedeep.components.metadata.cluster.database import Database, tell
from widedeep.components.metadata.cluster.process_identity import identity_of, is_dead
from widedeep.components.metadata.store import Store

BEAT, LAPSE = 5.0, 30.0
_POLL = 1.0
_TYPE = "widedeep.Turn"


class TurnLostError(WideDeepError):
    """Another process has taken the turn, since this one seemed dead."""


class BusyError(WideDeepError):
    """Another process works on it, and this one does not wait."""


class Turn:
    """A turn that this process holds."""

    def __init__(self, database: Database, key: str, number: int, record: metadata_store_pb2.Context) -> None:
        self._database = database
        self._key = key
        self._number = number
        self._record = record
        self._over = threading.Event()
        self._beating = threading.Thread(target=self._beat, daemon=True)
        self._beating.start()

    def check(self) -> None:
        """Makes sure that the turn is still ours: to call before results are made public.

        Raises:
            TurnLostError: another process has taken it.
        """
        if _record(self._database.open(), self._key, self._number + 1):
            raise TurnLostError(
                f"{self._key}: this process stood still for more than {LAPSE:.0f} s, and another one has taken over. "
                "Its result counts; this one is dropped."
            )

    def end(self) -> None:
        """Gives the turn to whoever waits."""
        self._over.set()
        self._beating.join()
        self._record.custom_properties["ended"].int_value = 1
        try:
            self._database.retry(lambda: self._database.open().put_contexts([self._record]))
        except (WideDeepError, RuntimeError, errors.StatusError) as error:
            tell(f"{self._key}: others may have to wait for {LAPSE:.0f} s: {reason(error)}.")

    def _beat(self) -> None:
        store = None
        while not self._over.wait(BEAT):
            self._record.custom_properties["beat"].int_value += 1
            try:
                store = store or self._database.connect()
                store.put_contexts([self._record])
            except (RuntimeError, errors.StatusError):
                # The next beat may come through; if none does, `check` tells.
                store = None


@contextmanager
def turn(database: Database, key: str, wait: bool = True) -> Iterator[Turn]:
    """Waits until nobody else works under a key, and keeps others from it.

    Args:
        database: has the records.
        key: what is worked on.
        wait: for whoever works on it to end; else only as long as it takes to see that somebody does.

    Raises:
        BusyError: somebody works on it.
        WideDeepError: the database is away for too long.
    """
    own = database.retry(lambda: _take(database, key, wait))
    try:
        yield own
    finally:
        own.end()


def _take(database: Database, key: str, wait: bool = True) -> Turn:
    store = database.open()
    number = _last(store, key)
    while True:
        if number:
            _wait(store, key, number, wait)
        record = _new(store, f"{key}#{number + 1}")
        try:
            [record.id] = store.put_contexts([record])
        except errors.AlreadyExistsError:
            number += 1
            continue
        return Turn(database, key, number + 1, record)


def _wait(store: Store, key: str, number: int, wait: bool) -> None:
    """Until a turn has ended or lapsed, or there is one after it."""
    beat, since, announced = -1, time.monotonic(), False
    while not _record(store, key, number + 1):
        properties = _record(store, key, number).custom_properties
        if properties["ended"].int_value or is_dead(properties["process"].string_value):
            return
        if properties["beat"].int_value != beat:
            if beat >= 0 and not wait:
                raise BusyError(f"{key}: {properties['holder'].string_value} works on it.")
            beat, since = properties["beat"].int_value, time.monotonic()
        elif time.monotonic() - since > LAPSE:
            tell(f"{properties['holder'].string_value} no longer works on {key}: taking over.")
            return
        if not announced:
            announced = True
            tell(f"{key}: {properties['holder'].string_value} works on it; waiting until it ends or stands still.")
        time.sleep(_POLL)


def _new(store: Store, name: str) -> metadata_store_pb2.Context:
    kind = metadata_store_pb2.ContextType(name=_TYPE)
    record = metadata_store_pb2.Context(type_id=store.put_context_type(kind), name=name)
    record.custom_properties["holder"].string_value = f"process {os.getpid()} on {socket.gethostname()}"
    record.custom_properties["process"].string_value = identity_of(os.getpid()) or ""
    record.custom_properties["beat"].int_value = 0
    return record


def _record(store: Store, key: str, number: int) -> Any:
    return store.get_context_by_type_and_name(_TYPE, f"{key}#{number}")


def _last(store: Store, key: str) -> int:
    """The number of the last record, 0 where there is none: they are numbered without gaps, and never removed."""
    high = 1
    while _record(store, key, high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _record(store, key, middle) else (low, middle)
    return low

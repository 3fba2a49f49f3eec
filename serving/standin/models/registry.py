"""What is known of each version, and which one a request gets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from tensorflow_serving.apis.get_model_status_pb2 import ModelVersionStatus
from tensorflow_serving.apis.model_pb2 import ModelSpec

from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.standin.models import folders
from widedeep.serving.standin.models.servable import Servable


@dataclass(frozen=True)
class State:
    """What became of a version: one of ModelVersionStatus's states, and the error that it failed with."""

    state: int
    error: ServingError | None = None
    files: folders.Fingerprint = frozenset()  # that the error is about


class Registry:
    """The versions of all models. Thread-safe."""

    def __init__(self, watch: Callable[[str, int], None]) -> None:
        """`watch` is told of a model that it now has so many available versions."""
        self._watch = watch
        self._lock = threading.Lock()
        self._states: dict[str, dict[int, State]] = {}
        # These two are replaced as a whole, never changed: requests read them without a lock.
        self._serving: dict[str, dict[int, Servable]] = {}
        self.labels: dict[str, dict[str, int]] = {}

    def mark(self, name: str, number: int, state: State) -> None:
        """A version got into a state."""
        with self._lock:
            self._states.setdefault(name, {})[number] = state

    def add(self, servable: Servable) -> None:
        """A version is available: requests may get it from now on."""
        name, number = servable.name, servable.version
        with self._lock:
            self._serving = self._serving | {name: self._serving.get(name, {}) | {number: servable}}
            self._states.setdefault(name, {})[number] = State(ModelVersionStatus.AVAILABLE)
            self._watch(name, len(self._serving[name]))

    def remove(self, name: str, kept: set[int]) -> list[Servable]:
        """All but some versions of a model are to be unloaded: no new request gets one of those returned."""
        with self._lock:
            before = self._serving.get(name, {})
            if before.keys() <= kept:
                return []
            after = {number: servable for number, servable in before.items() if number in kept}
            self._serving = self._serving | {name: after}
            gone = [servable for number, servable in before.items() if number not in kept]
            for servable in gone:
                self._states[name][servable.version] = State(ModelVersionStatus.UNLOADING)
            self._watch(name, len(after))
        return gone

    def states(self, name: str) -> dict[int, State]:
        """Every version that there is or was, rising."""
        with self._lock:
            return dict(sorted(self._states.get(name, {}).items()))

    def knows(self, name: str) -> bool:
        """Whether a model is or was served."""
        return name in self._states

    def names(self) -> set[str]:
        """The models with a version that is, or was, available."""
        return set(self._serving)

    def loaded(self, name: str) -> list[int]:
        """The available versions of a model, rising."""
        return sorted(self._serving.get(name, {}))

    @contextmanager
    def lease(self, spec: ModelSpec) -> Iterator[Servable]:
        """The version that a request names, by number, by label, or by nothing: the latest. Held open meanwhile.

        Raises:
            ServingError: there is none.
        """
        while True:
            servable = self._find(spec)
            with servable.lease() as held:
                if held:
                    yield servable
                    return
            # It was retired in between: its successor is already there.

    def _find(self, spec: ModelSpec) -> Servable:
        if not spec.name:
            raise invalid("ModelSpec has no name specified.")
        number = self._number(spec)
        loaded = self._serving.get(spec.name, {})
        servable = loaded.get(max(loaded, default=0) if number is None else number)
        if servable is None:
            asked = f"Latest({spec.name})" if number is None else f"Specific({spec.name}, {number})"
            raise ServingError(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {asked}", self._names())
        return servable

    def _names(self) -> list[str]:
        """The models with an available version."""
        return [name for name, versions in self._serving.items() if versions]

    def _number(self, spec: ModelSpec) -> int | None:
        choice = spec.WhichOneof("version_choice")
        if choice is None:
            return None
        if choice == "version":
            return int(spec.version.value)
        number = self.labels.get(spec.name, {}).get(spec.version_label)
        if number is None:
            raise invalid(f"Unrecognized servable version label: {spec.version_label}")
        return number

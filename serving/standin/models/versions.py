"""Keeps in memory what the base folders hold and the policies ask for.

A new version is loaded and warmed up beside the old one, then takes its place for new requests; the old one is
unloaded when its requests have ended. One that can't be loaded changes nothing for the others, and is tried again
when its files change.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import grpc
from tensorflow_serving.apis.get_model_status_pb2 import ModelVersionStatus
from tensorflow_serving.config.model_server_config_pb2 import ModelConfig, ModelServerConfig

from widedeep.serving.standin.errors import ServingError
from widedeep.serving.standin.models import folders, model_configs
from widedeep.serving.standin.models.registry import Registry, State
from widedeep.serving.standin.models.servable import Servable

log = logging.getLogger(__name__)
# How long a reload waits for requests in flight on what it unloads.
_UNLOADING_SECONDS = 10.0
Load = Callable[[str, int, Path], Servable]


class Versions:
    """Fills a registry with the models of a config. Thread-safe."""

    def __init__(self, registry: Registry, load: Load) -> None:
        self._registry = registry
        self._load_version = load
        self._config = ModelServerConfig()
        self._passing = threading.RLock()  # one pass over the folders at a time
        self._closing: list[threading.Thread] = []
        self._said: dict[str, str] = {}

    def configure(self, config: ModelServerConfig, *, first: bool = False) -> None:
        """Serves a checked config from now on, and returns when its versions are loaded.

        Raises:
            ServingError: but for the first config, whose versions are yet to be loaded: a label is not of an
                available version, or a model that is new has no version that can be loaded.
        """
        with self._passing:
            if not first:
                model_configs.check_labels(config, self._registry.loaded)
            known = {model.name for model in self._config.model_config_list.config}
            self._config, self._registry.labels = config, model_configs.labels(config)
            self.look()
            new = {model.name for model in config.model_config_list.config} - known
            missing = self._missing(new)
            if missing and self._closing and not first:
                # What was still being unloaded can be loaded again only afterwards.
                for thread in self._closing:
                    thread.join(_UNLOADING_SECONDS)
                self.look()
                missing = self._missing(new)
        if missing and not first:
            raise ServingError(grpc.StatusCode.UNKNOWN, self._unavailable(missing))

    def _missing(self, names: set[str]) -> list[str]:
        return sorted(name for name in names if not self._registry.loaded(name))

    def _unavailable(self, names: list[str]) -> str:
        told = []
        for name in names:
            states = self._registry.states(name)
            failed = [
                f"{{name: {name} version: {number}}} due to error: {state.error}"
                for number, state in states.items()
                if state.error
            ]
            told += failed or [f"{{name: {name}}} due to error: no version found under its base path"]
        return f"{len(names)} model(s) did not become available: {{{', '.join(told)}}}"

    def look(self) -> None:
        """One pass over the base folders: loads what is new, unloads what is no longer asked for."""
        with self._passing:
            models = self._config.model_config_list.config
            for name in self._registry.names() - {model.name for model in models}:
                self._unload(name, set())
            for model in models:
                self._look_at(model)
            self._closing = [thread for thread in self._closing if thread.is_alive()]

    def _look_at(self, model: ModelConfig) -> None:
        base = Path(model.base_path)
        try:
            versions = folders.versions(base)
        except OSError as error:
            # What is loaded is kept: a folder may be out of reach for a moment.
            self._say(model.name, f"{base} can't be read: {error.strerror}")
            return
        wanted = folders.policy_choice(model.model_version_policy, versions)
        if not wanted:
            self._say(model.name, f"no version to serve under {base} yet")
        new = [number for number in sorted(wanted, reverse=True) if self._is_new(model.name, number, versions[number])]
        for number in new:
            self._registry.mark(model.name, number, State(ModelVersionStatus.START))
        for number in new:
            self._load(model.name, number, versions[number])
        # The last one is unloaded only for another, or when there is none any more.
        if not wanted or wanted & set(self._registry.loaded(model.name)):
            self._unload(model.name, wanted)

    def _is_new(self, name: str, number: int, folder: Path) -> bool:
        known = self._registry.states(name).get(number)
        if known is None:
            return True
        if known.state != ModelVersionStatus.END:
            return False
        return known.error is None or known.files != folders.fingerprint(folder)

    def _load(self, name: str, number: int, folder: Path) -> None:
        self._registry.mark(name, number, State(ModelVersionStatus.LOADING))
        files = folders.fingerprint(folder)
        started = time.monotonic()
        try:
            servable = self._load_version(name, number, folder)
        except Exception as error:  # a model may fail in any way; the others go on
            told = error if isinstance(error, ServingError) else _unforeseen(error)
            self._registry.mark(name, number, State(ModelVersionStatus.END, told, files))
            log.error("%s version %d was not loaded: %s", name, number, told.message)
            return
        self._registry.add(servable)
        self._said.pop(name, None)
        log.info("%s version %d is available (loaded in %.1f s)", name, number, time.monotonic() - started)

    def _unload(self, name: str, wanted: set[int]) -> None:
        for servable in self._registry.remove(name, wanted):
            # Closing waits for the requests in flight, which must not hold up the next version.
            thread = threading.Thread(target=self._close, args=(servable,), daemon=True)
            thread.start()
            self._closing.append(thread)

    def _close(self, servable: Servable) -> None:
        servable.close()
        self._registry.mark(servable.name, servable.version, State(ModelVersionStatus.END))
        log.info("%s version %d is unloaded", servable.name, servable.version)

    def _say(self, name: str, text: str) -> None:
        # Once, not at every pass.
        if self._said.get(name) != text:
            self._said[name] = text
            log.warning("%s: %s", name, text)

    def close(self, timeout: float) -> None:
        """Unloads everything; requests in flight have so many seconds."""
        deadline = time.monotonic() + timeout
        with self._passing:
            self._config = ModelServerConfig()
            for name in self._registry.names():
                self._unload(name, set())
            for thread in self._closing:
                thread.join(max(0.0, deadline - time.monotonic()))


def _unforeseen(error: Exception) -> ServingError:
    return ServingError(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")

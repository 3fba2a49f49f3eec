"""The models of a server from its start to its end: loaded, looked after, and lent to requests."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from widedeep.serving.standin.errors import invalid
from widedeep.serving.standin.models import freed_memory, model_configs
from widedeep.serving.standin.models.registry import Registry
from widedeep.serving.standin.models.servable import Servable
from widedeep.serving.standin.models.versions import Versions
from widedeep.serving.standin.models.warmup import warm_up

log = logging.getLogger(__name__)
# What requests of many sizes free lies between pieces in use: a heap becomes twice as large. Giving it back took 2 to
# 33 ms.
_TIDY_SECONDS = 60.0


class ModelManager:
    """Keeps loaded what a config asks for, and looks for new versions in a thread of its own. Thread-safe."""

    def __init__(
        self,
        config: ModelServerConfig,
        *,
        root: Path | None,
        poll: float,
        watch: Callable[[str, int], None],
        warmed: Callable[[str, str, int, float], None],
    ) -> None:
        """Nothing is loaded before start().

        Args:
            config: models whose base paths are absolute.
            root: a reload may name folders below it, beside those of `config`.
            poll: seconds between two looks at the base folders.
            watch: is told of a model that it now has so many available versions.
            warmed: is told of a version's folder with which status it ran how many warm-up requests in which seconds.

        Raises:
            ServingError: the config can't be served.
        """
        model_configs.check(config)
        self._config = config
        self._allowed = model_configs.Allowed(config, root)
        self._poll = poll
        self.registry = Registry(watch)
        self._versions = Versions(self.registry, partial(_load, warmed))
        self._stopped = threading.Event()
        self._poller = threading.Thread(target=self._keep_looking, name="poll", daemon=True)

    def start(self) -> None:
        """Loads what there is, and keeps looking for more."""
        self._versions.configure(self._config, first=True)
        self._poller.start()

    def _keep_looking(self) -> None:
        tidied = time.monotonic()
        while not self._stopped.wait(self._poll):
            try:
                self.look()
            except Exception:
                log.exception("A look at the base folders failed; the next one comes in %g s", self._poll)
            if time.monotonic() - tidied > _TIDY_SECONDS:
                freed_memory.give_back()
                tidied = time.monotonic()

    def look(self) -> None:
        """One pass over the base folders, as every `poll` seconds."""
        self._versions.look()

    def reload(self, config: ModelServerConfig) -> None:
        """Other models, versions or labels from now on, as a request asks.

        Raises:
            ServingError: the config is not of models, or can't be served, or names a folder that it may not.
        """
        if config.WhichOneof("config") != "model_config_list":
            raise invalid(
                "ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is"
                " currently supported"
            )
        model_configs.check(config)
        self._allowed.check(config)
        self._versions.configure(config)

    def loaded(self) -> dict[str, list[int]]:
        """The available versions of each model of the start, rising."""
        return {model.name: self.registry.loaded(model.name) for model in self._config.model_config_list.config}

    def ready(self) -> bool:
        """Whether a version of a model can be asked."""
        return any(self.registry.loaded(name) for name in self.registry.names())

    def close(self, timeout: float) -> None:
        """Unloads everything; requests in flight have so many seconds."""
        self._stopped.set()
        if self._poller.is_alive():
            self._poller.join()
        self._versions.close(timeout)


def _load(warmed: Callable[[str, str, int, float], None], name: str, version: int, folder: Path) -> Servable:
    servable = Servable(name, version, folder)
    try:
        started = time.perf_counter()
        records = warm_up(servable, folder)
        if records is not None:
            warmed(str(folder), "OK", records, time.perf_counter() - started)
    except BaseException:
        servable.close()
        raise
    return servable

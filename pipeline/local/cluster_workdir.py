"""The folders that one pipeline works in on a cluster: the pipeline root, and that of its versions, on volumes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.components.metadata.cluster.database import Database
from widedeep.components.metadata.cluster.turns import BusyError, turn
from widedeep.components.metadata.inventory_reader import nodes_of
from widedeep.components.metadata.store import Store
from widedeep.pipeline.local.workdir import Workdir

# Seconds to wait for a database that is away.
_PATIENCE = 60.0
_PUSHER = ".Pusher"


@dataclass(frozen=True)
class ClusterWorkdir(Workdir):
    """A pipeline root: the versions lie on a volume of their own, the metadata in a server's database.

    Attributes:
        pushed: the folder of the versions.
        database: has the metadata, and perhaps other pipelines'.
    """

    pushed: Path
    database: Database
    shared: ClassVar[bool] = True

    @property
    def artifacts(self) -> Path:
        """The pipeline root, as steps are given it."""
        return self.path / "artifacts"

    @property
    def models(self) -> Path:
        """The pushed versions, as TF Serving reads them."""
        return self.pushed

    @classmethod
    def of(cls, root: Path, models: Path, metadata: str) -> ClusterWorkdir:
        """The folders, which are there.

        Args:
            root: the pipeline root.
            models: the folder of the versions.
            metadata: the database's address; user, password and name are in the environment.

        Raises:
            ConfigError: the address is none.
        """
        return cls(root.resolve(), models.resolve(), Database(metadata, os.environ, _PATIENCE))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps all steps of all runs from working, each of which waits until this ends.

        Raises:
            ConfigError: the metadata know nothing of this root.
            WideDeepError: a step is at work.
        """
        with ExitStack() as held:
            try:
                for node in self._nodes():
                    held.enter_context(turn(self.database, node, wait=False))
            except BusyError as error:
                raise WideDeepError(f"{error} Nothing was done: wait until the run has ended.") from None
            yield

    @contextmanager
    def lock_pushes(self) -> Iterator[Store]:
        """Keeps runs from pushing, and gives the metadata; a push under way is waited for, since it takes seconds.

        Raises:
            ConfigError: the metadata know nothing of this root.
        """
        with ExitStack() as held:
            for node in self._nodes():
                if node.endswith(_PUSHER):
                    held.enter_context(turn(self.database, node))
            yield self.database.open()

    def _nodes(self) -> list[str]:
        nodes = self.database.retry(lambda: nodes_of(self.database.open(), str(self.artifacts)))
        if not nodes:
            raise ConfigError(
                f"{self.artifacts}: {self.database.where} knows of no run that has worked there. Is it the root that "
                "runs are given (pipeline_root), seen at the same path?"
            )
        return nodes

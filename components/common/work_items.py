"""What a data step's workers have to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apache_beam as beam


class WorkItems(beam.PTransform):
    """Items that are spread over the workers.

    A work item is a file or a part of the work, not a row: rows that travel through Beam one by one cost more than what
    is done with them. Without the shuffle a cluster's runner may leave all items to one worker.
    """

    def __init__(self, items: Iterable[Any]) -> None:
        """Takes the items, which a coder of Beam's must know to write."""
        super().__init__()
        self._items = list(items)

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        """Makes them."""
        # By itself, Create shuffles some of them, too, which would be a stage more.
        return pipeline | "Items" >> beam.Create(self._items, reshuffle=False) | "Spread" >> beam.Reshuffle()

"""What was seen of all files, by Beam."""

from __future__ import annotations

from collections.abc import Iterable

import apache_beam as beam

from widedeep.components.content.sketch import Sketch


class Union(beam.CombineFn):
    """All that was seen."""

    def create_accumulator(self) -> Sketch:
        """Nothing."""
        return Sketch()

    def add_input(self, accumulator: Sketch, element: Sketch) -> Sketch:
        """Adds a file's."""
        accumulator.merge(element)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Sketch]) -> Sketch:
        """Adds them up."""
        whole = Sketch()
        for accumulator in accumulators:
            whole.merge(accumulator)
        return whole

    def extract_output(self, accumulator: Sketch) -> Sketch:
        """As it is."""
        return accumulator

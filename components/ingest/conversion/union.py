"""What was seen of all files, by Beam."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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


def write_content(sketch: Sketch, path: str, splits: Sequence[str], by_hash: bool, by_time: bool) -> None:
    """Writes what was seen to `path`; the rest as in `Sketch.record`.

    Not beside the executor: Beam's workers would import all of TFX's components for it, for more than a second.
    """
    sketch.record(splits, by_hash, by_time).write(path)

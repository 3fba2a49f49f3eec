"""The numbers of all files of an ExampleGen, each profiled by the worker that read it, judged together.

An hour's file alone may hold times that 32 bits hardly keep apart, where a month of them does no harm.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import tensorflow as tf

from widedeep.components.common.errors import DataError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest.numbers.number_faults import NumberNotes, faults
from widedeep.components.ingest.numbers.number_profile import FileNumbers, NumberProfile

# In ExampleGen's output.
NOTES = "numbers.json"
_PROFILES = "numbers"


def write(uris: Sequence[str], number: int, path: str, profile: NumberProfile) -> None:
    """Leaves what a worker saw in one file.

    Args:
        uris: the folders of the splits that the file's rows went to.
        number: the file's, unique in the folder.
        path: the file.
        profile: of its numbers.
    """
    folder, name = os.path.split(uris[0])
    split = name.removeprefix("Split-") if len(uris) == 1 else None
    profile.record(path, split).write(os.path.join(folder, _PROFILES, f"{number:05d}.json"))


def check(uri: str, spec: FeatureSpec) -> None:
    """Judges what `write` left in ExampleGen's output, and leaves what is to be told in its place.

    Raises:
        DataError: 32 bits can't keep a column's numbers apart.
    """
    folder = os.path.join(uri, _PROFILES)
    profiles = [FileNumbers.read(path) for path in sorted(tf.io.gfile.glob(os.path.join(folder, "*.json")))]
    stopping, warnings = faults(profiles, spec)
    if stopping:
        raise DataError("\n".join(stopping))
    NumberNotes(warnings=warnings).write(os.path.join(uri, NOTES))
    if profiles:
        tf.io.gfile.rmtree(folder)


def warnings(uris: Sequence[str]) -> list[str]:
    """What is to be told of the numbers in some ExampleGens' outputs."""
    notes = [os.path.join(uri, NOTES) for uri in uris]
    sentences = [NumberNotes.read(path).warnings for path in notes if tf.io.gfile.exists(path)]
    return list(dict.fromkeys(sentence for of_one in sentences for sentence in of_one))

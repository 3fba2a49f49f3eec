"""Which files each split is read from."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping

from tfx.proto import example_gen_pb2

from widedeep.components.common.errors import ConfigError
from widedeep.components.ingest.conversion.file_conversion import Job
from widedeep.components.ingest.paths import matching_files

_LISTED = 3


def jobs(
    base: str, input_config: example_gen_pb2.Input, output_config: example_gen_pb2.Output, folders: Mapping[str, str]
) -> list[Job]:
    """One a file.

    Args:
        base: the folder that the patterns start from.
        input_config: the splits that are read, and their patterns.
        output_config: the splits that the rows of one input split are spread over, by their hash; or none.
        folders: the output splits', by name.

    Raises:
        ConfigError: a pattern matches no file, or two match the same.
    """
    files = {split.name: matching_files(os.path.join(base, split.pattern)) for split in input_config.splits}
    _check_apart(files, {split.name: split.pattern for split in input_config.splits})
    buckets = list(itertools.accumulate(split.hash_buckets for split in output_config.split_config.splits))
    outputs = list(folders.items())
    number = itertools.count()
    return [
        Job(next(number), path, split, outputs if buckets else [(split, folders[split])], buckets or [1])
        for split, paths in files.items()
        for path in paths
    ]


def _check_apart(files: Mapping[str, list[str]], patterns: Mapping[str, str]) -> None:
    """Refuses a file that two splits read, by whatever name: what a model was trained on does not measure it."""
    for (first, its_paths), (second, paths) in itertools.combinations(files.items(), 2):
        its_files = {_resolved(path) for path in its_paths}
        shared = [path for path in paths if _resolved(path) in its_files]
        if shared:
            more = f" and {len(shared) - _LISTED} more" if len(shared) > _LISTED else ""
            raise ConfigError(
                f"data.splits: '{first}: {patterns[first]}' and '{second}: {patterns[second]}' both take "
                f"{', '.join(shared[:_LISTED])}{more}. A row that a model is trained on can't measure it: "
                "a file belongs to one split."
            )


def _resolved(path: str) -> str:
    return path if "://" in path else os.path.realpath(path)

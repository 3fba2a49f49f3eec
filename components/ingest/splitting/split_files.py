"""Which files, or queries, each split is read from."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tfx.proto import example_gen_pb2

from widedeep.components.common.errors import ConfigError
from widedeep.components.ingest.paths import matching_files
from widedeep.components.ingest.wanted_columns import Query

_LISTED = 3
# The split that is read where rows are spread over others, and that of what a server was asked for.
ALL, SERVING = "all", "serving"


class Job(NamedTuple):
    """A file to read.

    Attributes:
        number: unique.
        path: the file's.
        split: the input split whose pattern it matches.
        outputs: names and folders of the splits that its rows may go to.
        buckets: the upper hash bucket of each.
        query: to a database, instead of a file, whose path is what the query is called.
    """

    number: int
    path: str
    split: str
    outputs: list[tuple[str, str]]
    buckets: list[int]
    query: Query | None = None


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
    check_apart(files, {split.name: split.pattern for split in input_config.splits})
    return _numbered([(split, path, None) for split, paths in files.items() for path in paths], output_config, folders)


def query_jobs(
    connection: str,
    digests: Mapping[str, str],
    input_config: example_gen_pb2.Input,
    output_config: example_gen_pb2.Output,
    folders: Mapping[str, str],
) -> list[Job]:
    """One a query.

    Args:
        connection: the environment variable that holds the database's address.
        digests: of the rows that are expected, by split; none where any are.
        input_config: the splits that are read, and their queries as patterns.
        output_config: see `jobs`.
        folders: see `jobs`.
    """
    queries = [
        (split.name, query_name(split.name), Query(split.pattern, connection, digests.get(split.name, "")))
        for split in input_config.splits
    ]
    return _numbered(queries, output_config, folders)


def query_name(split: str) -> str:
    """What errors call a split's query: where a person wrote it."""
    return {ALL: "data.query", SERVING: "data.serving"}.get(split, f"data.splits.{split}")


def _numbered(
    read: Sequence[tuple[str, str, Query | None]],
    output_config: example_gen_pb2.Output,
    folders: Mapping[str, str],
) -> list[Job]:
    buckets = list(itertools.accumulate(split.hash_buckets for split in output_config.split_config.splits))
    outputs = list(folders.items())
    return [
        Job(number, path, split, outputs if buckets else [(split, folders[split])], buckets or [1], query)
        for number, (split, path, query) in enumerate(read)
    ]


def check_apart(files: Mapping[str, list[str]], patterns: Mapping[str, str]) -> None:
    """Refuses a file that two splits read, by whatever name: what a model was trained on does not measure it.

    Args:
        files: of each split.
        patterns: that matched them.

    Raises:
        ConfigError: names splits and files.
    """
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

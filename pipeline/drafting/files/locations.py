"""Which files a person means by a folder, a pattern or a file, and which splits their names say."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from widedeep.components.common.errors import ConfigError
from widedeep.components.ingest.paths import holds_rows, matching_files
from widedeep.pipeline.drafting.files.file_patterns import pattern_of

# By their ends, behind which that of a compression may stand.
_ENDINGS = {
    "csv": "csv",
    "tsv": "tsv",
    "tab": "tsv",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "parquet": "parquet",
    "pq": "parquet",
    "tfrecord": "tfrecord",
    "tfrecords": "tfrecord",
}
_COMPRESSED = {"gz", "gzip", "bz2", "zst", "zstd"}
# Of files of rows and of notes alike: taken where no other ending is.
_PLAIN = {"txt", "data", "dat", "log", "json", "test", ""}
_SPLITS = {
    "train": re.compile(r"^(train|training)([^a-z]|$)"),
    "eval": re.compile(r"^(eval|evaluation|dev|val|valid|validation)([^a-z]|$)"),
    "test": re.compile(r"^(test|testing|holdout)([^a-z]|$)"),
}


@dataclass(frozen=True)
class Location:
    """Where the rows are.

    Attributes:
        folder: that the patterns start from.
        ending: what the files' names say of their format; None where they say nothing.
        files: their paths.
        pattern: that matches these files, relative to the folder; of no use where there are splits.
        splits: by split its pattern and files, where the names say splits; else none.
        aside: files that are left aside, and why.
    """

    folder: str
    ending: str | None
    files: tuple[str, ...]
    pattern: str
    splits: Mapping[str, tuple[str, tuple[str, ...]]]
    aside: str = ""


def locate_files(data: str) -> Location:
    """The files of a folder, a pattern or one file.

    Raises:
        ConfigError: there is none, or they are of several formats.
    """
    if "://" not in data and os.path.isfile(data):
        folder, name = os.path.split(os.path.abspath(data))
        return Location(folder, _ending(name), (os.path.join(folder, name),), glob.escape(name), {})
    if "://" not in data and os.path.isdir(data):
        folder = os.path.abspath(data)
        listed = _walk(folder)
    else:
        folder, listed = _by_pattern(data)
    ending, files = _of_one_format(folder, listed)
    splits, aside = _splits(folder, files)
    if splits:
        return Location(
            folder, ending, tuple(path for _, paths in splits.values() for path in paths), "*", splits, aside
        )
    if aside:
        files = [path for path in files if _split_of(os.path.relpath(path, folder)) == "train"]
    return Location(folder, ending, tuple(files), pattern_of(folder, files), {}, aside)


def _by_pattern(data: str) -> tuple[str, list[str]]:
    if "://" not in data and not glob.has_magic(data):
        raise ConfigError(f"{data}: there is no such file or folder.")
    folder = data.rstrip("/")
    while glob.has_magic(folder):
        folder = os.path.dirname(folder)
    folder = folder if "://" in folder else os.path.abspath(folder or ".")
    pattern = data if folder != data.rstrip("/") else f"{data.rstrip('/')}/*"
    return folder, [path if "://" in path else os.path.abspath(path) for path in matching_files(pattern)]


def _walk(folder: str) -> list[str]:
    paths = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        paths += [os.path.join(place, name) for name in sorted(names)]
    return [path for path in paths if holds_rows(os.path.relpath(path, folder), "")]


def _ending(path: str) -> str | None:
    parts = os.path.basename(path).lower().split(".")[1:]
    for part in reversed(parts):
        if part not in _COMPRESSED:
            return _ENDINGS.get(part)
    return None


def _last(path: str) -> str:
    parts = [part for part in os.path.basename(path).lower().split(".")[1:] if part not in _COMPRESSED]
    return parts[-1] if parts else ""


def _of_one_format(folder: str, paths: Sequence[str]) -> tuple[str | None, list[str]]:
    by_ending: dict[str | None, list[str]] = {}
    for path in paths:
        by_ending.setdefault(_ending(path), []).append(path)
    known = [ending for ending in by_ending if ending]
    if len(known) > 1:
        examples = ", ".join(f"{by_ending[ending][0]} ({ending})" for ending in sorted(map(str, known)))
        raise ConfigError(f"{folder}: holds files of {len(known)} formats: {examples}. Name one of them, or a pattern.")
    if known:
        return known[0], by_ending[known[0]]
    plain = [path for path in by_ending.get(None, []) if _last(path) in _PLAIN]
    if not plain:
        raise ConfigError(
            f"{folder}: holds no file whose name ends in {', '.join(f'.{name}' for name in _ENDINGS)}. "
            "Name the file, or a pattern."
        )
    return None, plain


def _splits(folder: str, files: Sequence[str]) -> tuple[dict[str, tuple[str, tuple[str, ...]]], str]:
    """The splits that the names of files or of their folders say, and what is left aside."""
    parts: dict[str, list[str]] = {}
    for path in files:
        parts.setdefault(_split_of(os.path.relpath(path, folder)), []).append(path)
    if "train" not in parts or len(parts) == 1:
        return {}, ""
    others = [path for name in parts if name not in _SPLITS for path in parts[name]]
    if "eval" not in parts:
        # The test files may have no label, or be of another time.
        return {}, "the files of train alone are read, and cut into three: there are none of eval beside them"
    aside = f"left aside, as their names say no split: {', '.join(map(os.path.basename, others[:3]))}" if others else ""
    return {
        split: (pattern_of(folder, parts[split]), tuple(parts[split])) for split in _SPLITS if split in parts
    }, aside


def _split_of(path: str) -> str:
    for part in path.lower().split(os.sep):
        for split, words in _SPLITS.items():
            if words.match(part):
                return split
    return ""

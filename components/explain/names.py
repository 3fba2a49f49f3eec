"""Values by the names that people know them by, from a CSV file, as a movie's title instead of its id."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from widedeep.components.common.errors import ConfigError, reason, shown
from widedeep.components.common.settings import nearest
from widedeep.components.explain.explanation import WeightExplanation
from widedeep.components.features.spec import FeatureSpec

# A value of the data may be a whole text.
_LONGEST = 60
TIMES = " \N{MULTIPLICATION SIGN} "


class Names:
    """People's names for the values of some features."""

    def __init__(self, assignments: Sequence[str], spec: FeatureSpec) -> None:
        """Reads the files.

        Args:
            assignments: each a feature and a file, as "movie_id=movies.csv": its header has a column of that name,
                which holds the values, and their names stand in the first other column.
            spec: the declaration; features that share a vocabulary share the names.

        Raises:
            ConfigError: a file or a feature can't be used.
        """
        self._names: dict[str, Mapping[str, str]] = {}
        for assignment in assignments:
            key, equals, path = assignment.partition("=")
            if not (key and equals and path):
                raise ConfigError(f"--names {assignment}: a feature and a file are needed, as movie_id=movies.csv.")
            relatives = _relatives(key, spec)
            names = dict(_pairs(key, path))
            self._names |= dict.fromkeys(relatives, names)

    def text(self, weight: WeightExplanation) -> str:
        """One weight in words: "movie_id=Star Wars (1977)"; between the members of a cross stands TIMES."""
        if not weight.values:
            return f"{TIMES.join(weight.keys)}, bucket {weight.id} (no row of the data has it)"
        pairs = zip(weight.keys, weight.values, strict=True)
        text = TIMES.join(f"{key}={_short(self._names.get(key, {}).get(value, value))}" for key, value in pairs)
        if not weight.others:
            return text
        assert weight.share is not None
        others = f"{weight.others:,} other{'s' if weight.others > 1 else ''}"
        return f"{text} ({weight.share * 100:.0f} %; the bucket holds {others})"


def _relatives(key: str, spec: FeatureSpec) -> list[str]:
    """The features whose values are of the same kind: those with the same vocabulary."""
    if key not in spec.by_key:
        raise ConfigError(f"--names {key}: there is no such feature: {nearest(key, spec.by_key)}")
    if spec.by_key[key].is_number:
        raise ConfigError(f"--names {key}: is a number, and numbers are named by their ranges.")
    return [feature.key for feature in spec.features if _owner(feature.key, spec) == _owner(key, spec)]


def _owner(key: str, spec: FeatureSpec) -> str:
    vocabulary = spec.by_key[key].transform.vocabulary
    return vocabulary.of or key if vocabulary else key


def _pairs(key: str, path: str) -> Iterator[tuple[str, str]]:
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            if key not in header or len(header) < 2:
                raise ConfigError(
                    f"{path}: its header must name the column '{key}' and one of names, "
                    f"and is {shown(','.join(header))}."
                )
            value = header.index(key)
            name = 1 if value == 0 else 0
            for row in rows:
                if len(row) == len(header):
                    yield row[value], row[name]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: can't be read as CSV: {reason(error)}.") from None


def _short(value: str) -> str:
    """Short, and safe to print: a value may hold what moves a terminal's cursor."""
    printable = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in value)
    return printable if len(printable) <= _LONGEST else f"{printable[: _LONGEST - 1]}…"

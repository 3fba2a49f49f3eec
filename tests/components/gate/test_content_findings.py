"""What the gate tells of rows in two splits, of single files, and of values that train never had."""

from __future__ import annotations

from typing import Any

import pytest
from content_scene import Columns, content

from widedeep.components.content.content_record import Content, FileContent
from widedeep.components.features import FeatureSpec
from widedeep.components.gate.content_findings import EarlierSpans, content_findings, content_notes, undeclared

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "label"},
        "features": [
            {"key": "user", "kind": "categorical", "side": "context", "wide": True, "transform": {"vocabulary": {}}},
            {
                "key": "seen",
                "kind": "set",
                "side": "context",
                "wide": True,
                "transform": {"vocabulary": {"of": "movie"}},
            },
            {"key": "movie", "kind": "categorical", "side": "candidate", "wide": True, "transform": {"vocabulary": {}}},
            {"key": "age", "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}},
        ],
    }
)


def rows(first: int, last: int, movie: str = "m{}", seen: str = "m{}") -> Columns:
    numbers = range(first, last)
    return {
        "user": [f"u{number % 50}" for number in numbers],
        "seen": [seen.format(number % 7) for number in numbers],
        "movie": [movie.format(number % 40) for number in numbers],
        "age": [float(number) for number in numbers],
        "label": [number % 2 for number in numbers],
    }


def told(read: Content, serving: Content | None = None, unseen: float | None = None) -> list[tuple[bool, str]]:
    return [(finding.mild, str(finding)) for finding in content_findings(read, serving, SPEC, unseen)]


def test_splits_that_have_nothing_in_common_but_their_values() -> None:
    read = content(SPEC, {"train": rows(0, 400), "eval": rows(400, 500), "test": rows(500, 600)})
    assert told(read) == []
    assert list(content_notes(read, None, SPEC)) == []


def test_rows_in_two_splits() -> None:
    read = content(SPEC, {"train": rows(0, 400), "eval": rows(400, 500), "test": rows(380, 410)})
    assert told(content(SPEC, {"train": rows(0, 400), "test": rows(390, 490)})) == [
        (
            True,
            "split 'test', the data set: 10 of 100 rows (10.0%) are equal to rows of 'train', of whose own rows 0.0% "
            "have an equal: was a part of the data copied into both? A row that a model is trained on can't measure it",
        )
    ]
    assert list(content_notes(read, None, SPEC)) == [
        "20 of 30 rows of 'test' (66.7%) are equal to rows of 'train'",
        "10 of 30 rows of 'test' (33.3%) are equal to rows of 'eval'",
    ]


def test_rows_that_chance_puts_into_two_splits_are_told_alone() -> None:
    """Few features with few values: in train each row has an equal, too."""
    few = {"user": ["u"] * 400, "seen": ["m"] * 400, "movie": ["m"] * 400, "age": [1.0] * 400, "label": [0, 1] * 200}
    read = content(SPEC, {"train": few, "test": few})
    assert told(read) == []
    assert list(content_notes(read, None, SPEC)) == ["400 of 400 rows of 'test' (100.0%) are equal to rows of 'train'"]


def test_noise_is_no_copy() -> None:
    """In train 10 % of the rows have an equal; of 50 rows 7 in test are 14 %: within three errors of 4.2 %."""
    train = {name: values + values[:20] for name, values in rows(0, 380).items()}
    read = content(SPEC, {"train": train, "test": rows(373, 423)})
    assert told(read) == []
    assert list(content_notes(read, None, SPEC)) == ["7 of 50 rows of 'test' (14.0%) are equal to rows of 'train'"]


def test_users_in_two_splits_are_told_where_rows_are_spread_by_their_hash() -> None:
    splits = {"train": rows(0, 400), "eval": rows(400, 430), "test": rows(430, 500)}
    assert list(content_notes(content(SPEC, splits, by_hash=True), None, SPEC)) == [
        "of the values of 'user', 30 of 30 in 'eval' and 50 of 50 in 'test' are in 'train' as well: data.hash_split "
        "spreads the rows of one 'user' over the splits; data.hash_by keeps them in one"
    ]
    assert list(content_notes(content(SPEC, splits), None, SPEC)) == []


def test_kinds_of_users_are_no_users_whatever_their_column_is_called() -> None:
    splits = {name: rows(0, 400) | {"user": ["new", "old"] * 200} for name in ("train", "test")}
    notes = list(content_notes(content(SPEC, splits, by_hash=True), None, SPEC))
    assert not [note for note in notes if "hash_by" in note]


@pytest.mark.parametrize(
    ("movie", "pairs"),
    [
        ("M{}", "'M0' is 'm0' in train, 'M1' is 'm1' in train, 'M10' is 'm10' in train"),
        (" m{}", "' m0' is 'm0' in train, ' m1' is 'm1' in train, ' m10' is 'm10' in train"),
        ("m00{}", "'m000' is 'm0' in train, 'm001' is 'm1' in train, 'm0010' is 'm10' in train"),
    ],
)
@pytest.mark.parametrize("split", ["eval", "test"])
def test_values_that_train_has_written_otherwise_stop(movie: str, pairs: str, split: str) -> None:
    splits = {"train": rows(0, 400), "eval": rows(400, 480), "test": rows(480, 560)}
    splits[split] = rows(560, 640, movie=movie)
    assert told(content(SPEC, splits)) == [
        (
            False,
            f"split '{split}', feature 'movie': train never had 100.0% (80 of 80) of its values, which it has written "
            f"otherwise: {pairs}",
        )
    ]


def test_a_set_is_known_by_the_vocabulary_that_it_uses() -> None:
    train = rows(0, 400, seen="old{}")
    assert told(content(SPEC, {"train": train, "test": rows(400, 480)})) == []
    [(mild, text)] = told(content(SPEC, {"train": rows(0, 400), "test": rows(400, 480, seen="M{}")}))
    assert not mild
    assert text.startswith("split 'test', feature 'seen': train never had 100.0% (80 of 80) of its values, which")


def test_new_values_are_a_warning() -> None:
    """New films all, as a split by time may have: the model can't know them, which may be what is to be measured."""
    splits = {"train": rows(0, 400), "test": rows(400, 480, movie="new{}")}
    expected = (
        "split 'test', feature 'movie': train never had 100.0% (80 of 80) of its values: 'new0', 'new1', 'new10' here, "
        "and 'm0', 'm1', 'm10' in train"
    )
    assert told(content(SPEC, splits)) == [(True, expected)]
    assert told(content(SPEC, splits), unseen=0.5) == [(False, f"{expected}; gate.unseen allows 50.0%")]


def test_a_part_that_is_new_is_none_unless_there_is_a_limit() -> None:
    splits = {"train": rows(0, 390), "test": {**rows(390, 490), "movie": ["m1"] * 40 + ["new"] * 60}}
    assert told(content(SPEC, splits)) == []
    assert [mild for mild, _ in told(content(SPEC, splits), unseen=0.5)] == [False]
    assert told(content(SPEC, splits), unseen=0.6) == []


def test_a_part_that_is_written_otherwise_is_a_warning() -> None:
    """One file of ten, say."""
    splits = {"train": rows(0, 390), "test": {**rows(390, 490), "movie": ["m1"] * 88 + ["M1"] * 12}}
    assert told(content(SPEC, splits)) == [
        (
            True,
            "split 'test', feature 'movie': train never had 12.0% (12 of 100) of its values, which it has written "
            "otherwise: 'M1' is 'm1' in train",
        )
    ]


def test_too_few_values_tell_nothing() -> None:
    assert told(content(SPEC, {"train": rows(0, 400), "test": rows(400, 419, movie="M{}")})) == []
    assert len(told(content(SPEC, {"train": rows(0, 400), "test": rows(400, 420, movie="M{}")}))) == 1


def test_what_a_server_was_asked_for_is_compared_too() -> None:
    served = {name: values for name, values in rows(500, 600, movie="{}.0").items() if name != "label"}
    train = rows(0, 400, movie="{}", seen="{}")
    served["seen"] = ["1"] * 100
    [(mild, text)] = told(content(SPEC, {"train": train}), serving=content(SPEC, {"serving": served}))
    assert not mild
    assert text.startswith("split 'serving', feature 'movie': train never had 100.0% (100 of 100)")


def files(*given: tuple[str, int, dict[str, int]]) -> Content:
    present: dict[str, Any] = {feature.key: 0 for feature in SPEC.features}
    read = [
        FileContent(path=path, split="train", rows=count, present=present | having, undeclared=["Age"])
        for path, count, having in given
    ]
    return Content(by_hash=False, splits=content(SPEC, {"train": rows(0, 40)}).splits, files=read)


def test_files_without_a_row_are_a_note() -> None:
    read = files(("a.csv", 9, {}), ("b.csv", 0, {}), ("c.csv", 0, {}))
    assert list(content_notes(read, None, SPEC)) == [
        "files of 'train' without rows, 2 of 3, are left out: b.csv, c.csv"
    ]
    times = {"by_time": True, "files": [read.files[0].model_copy(update={"rows": 3, "left_out": 1}), *read.files[1:2]]}
    assert list(content_notes(read.model_copy(update=times), None, SPEC)) == [
        "files without rows, 1 of 2, are left out: b.csv",
        "1 rows (25.0%) are before the first start of data.split_by_time: they are left out",
    ]
    by_hash = read.model_copy(update={"by_hash": True, "files": read.files[:2]})
    assert list(content_notes(by_hash, None, SPEC)) == ["files without rows, 1 of 2, are left out: b.csv"]


def test_rows_that_were_drawn_are_a_note() -> None:
    [file] = files(("a.csv", 9, {})).files
    drawn = file.model_copy(update={"positives": 4, "drawn": 5, "short": 3})
    read = files(("a.csv", 9, {})).model_copy(update={"files": [drawn]})
    assert list(content_notes(read, None, SPEC)) == [
        "data.negatives: 5 rows of label 0 were drawn for the 4 of label 1 among the 4 that were read: a score is a "
        "probability among such rows, and calibration and log loss are of them",
        "for 3 rows of label 1 fewer were drawn: their users have had nearly all candidates",
    ]


def test_a_positive_value_that_no_row_has_is_a_note() -> None:
    spec = SPEC.model_copy(update={"label": SPEC.label.model_copy(update={"positive": ("yes", "Yes", "maybe")})})
    read = files(("a.csv", 9, {}), ("b.csv", 9, {}))
    by_file = [
        file.model_copy(update={"labels": labels})
        for file, labels in zip(read.files, (["yes"], ["maybe"]), strict=True)
    ]
    assert list(content_notes(read.model_copy(update={"files": by_file}), None, spec)) == [
        "no row has the label 'Yes', which `positive` in features.yaml lists as 1"
    ]


def test_files_that_lack_a_feature_that_the_others_have_are_a_warning() -> None:
    read = files(("a.csv", 100, {"age": 50}), ("b.csv", 100, {}), ("c.csv", 5, {}), ("d.csv", 0, {}))
    # That 5 rows have no age, where every other one has one, is no wonder: one in 32.
    assert told(read) == [
        (
            True,
            "split 'train', feature 'age': no row has a value in 1 of 4 files: b.csv; 50.0% of the rows of the others "
            "have one",
        )
    ]
    assert undeclared(read, "train") == ["Age"]
    assert undeclared(read, "test") == []


def of_span(split: str, earlier: dict[int, Content], read: Content, window: int = 1) -> list[str]:
    made = content_findings(read, None, SPEC, None, EarlierSpans(earlier, window))
    return [str(finding) for finding in made if finding.split == split]


def test_rows_that_the_model_of_an_earlier_span_was_trained_on() -> None:
    earlier = {
        3: content(SPEC, {"train": rows(0, 400), "eval": rows(400, 450)}),
        4: content(SPEC, {"train": rows(1000, 1400), "eval": rows(1400, 1450)}),
    }
    read = content(SPEC, {"train": rows(2000, 2400), "eval": rows(2400, 2450), "test": rows(390, 490)})
    assert of_span("test", earlier, read) == [
        "split 'test', the data set: 10 of 100 rows (10.0%) are equal to rows of 'train' of span 3, of whose own rows "
        "0.0% have an equal: was a part of the data copied into both? A row that a model is trained on can't measure it"
    ]
    assert of_span("eval", earlier, read) == []
    # What a span is trained on may have been trained on before.
    assert of_span("train", earlier, content(SPEC, {"train": rows(0, 400), "eval": rows(2400, 2450)})) == []


def test_values_that_the_window_has_are_not_unseen() -> None:
    earlier = {
        5: content(SPEC, {"train": rows(0, 400, movie="old{}"), "eval": rows(400, 450)}),
        6: content(SPEC, {"train": rows(1000, 1400, movie="new{}"), "eval": rows(1400, 1450)}),
    }
    test = rows(3000, 3100, movie="new{}")
    read = content(SPEC, {"train": rows(2000, 2400), "eval": rows(2400, 2450), "test": test})
    assert of_span("test", earlier, read, window=2) == []
    # The newest span before is the window's; an older one is not.
    [lacking] = of_span("test", {5: earlier[6], 6: earlier[5]}, read, window=2)
    assert lacking.startswith("split 'test', feature 'movie': train never had 100.0% (100 of 100) of its values: ")


def test_an_earlier_span_without_a_feature_is_no_fault() -> None:
    before = content(SPEC, {"train": rows(0, 400), "eval": rows(400, 450)})
    del before.splits["train"].features["movie"]
    read = content(SPEC, {"train": rows(2000, 2400), "eval": rows(2400, 2450)})
    assert of_span("eval", {1: before}, read, window=2) == []

"""What is said of a training."""

from __future__ import annotations

from pipeline import words


def test_the_wide_part_tells_how_many_weights_are_left() -> None:
    assert words.wide_part({"rows": 2000, "nonzero": 500}) == "500 of 2,000 wide weights are not zero (75.0% are)"


def test_a_model_without_a_wide_part_has_nothing_to_tell() -> None:
    assert words.wide_part({"rows": 0, "nonzero": 0}) is None


def test_a_warm_start_names_its_model_its_quality_and_what_was_not_taken() -> None:
    base = {"model": "models/3", "quality": {"logloss": 0.5, "auc": 0.75}, "not_taken": ["age_id: new, starts fresh."]}
    assert words.start(base) == [
        "from models/3, on eval before the first step: auc 0.7500, logloss 0.5000",
        "age_id: new, starts fresh.",
    ]

"""What is said of a training, and of a dry run."""

from __future__ import annotations

from widedeep.pipeline.record import words


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


DRY_RUN = {
    "server": "stand_in",
    "checks": [
        {"name": "seconds until loaded", "value": 8.87, "limit": 60.0, "ok": True, "said": ""},
        {"name": "requests that failed", "value": 0, "limit": 0, "ok": True, "said": ""},
        {"name": "largest difference from batch predictions", "value": 6e-8, "limit": 1e-5, "ok": True, "said": ""},
    ],
}


def test_a_dry_run_tells_what_it_measured() -> None:
    assert words.tried(DRY_RUN) == (
        "stand in: seconds until loaded 8.9; requests that failed 0; largest difference from batch predictions 6.0e-08"
    )


def test_a_candidate_that_could_not_be_served_has_no_measurements() -> None:
    checks = [{"name": "server", "value": None, "limit": None, "ok": False, "said": "it ended"}]
    assert words.tried({"server": "docker", "checks": checks}) == "it could not be served"
    assert words.tried({"server": "docker", "checks": []}) is None

"""What is said of a training, and of a dry run."""

from __future__ import annotations

from widedeep.components.dryrun.dry_run_record import Check, DryRunRecord
from widedeep.components.trainer.training.training_record import WarmStart, WidePart
from widedeep.pipeline.record import words


def test_the_wide_part_tells_how_many_weights_are_left() -> None:
    some, every, none = (words.wide_part(WidePart(rows=2000, nonzero=nonzero)) for nonzero in (500, 2000, 0))
    assert some == "500 of 2,000 wide weights (25.0%) differ from 0; L1 left the others at 0"
    assert every == "all 2,000 wide weights differ from 0"
    assert none == "all 2,000 wide weights are 0: the wide part adds nothing; lower training.wide.l1"


def test_a_model_without_a_wide_part_has_nothing_to_tell() -> None:
    assert words.wide_part(WidePart(rows=0, nonzero=0)) is None


def test_a_warm_start_names_its_model_its_quality_and_what_was_not_taken() -> None:
    base = WarmStart(model="models/3", quality={"logloss": 0.5, "auc": 0.75}, not_taken=["age_id: new, starts fresh."])
    assert words.warm_start(base) == [
        "from models/3, on eval before the first step: auc 0.7500, logloss 0.5000",
        "age_id: new, starts fresh.",
    ]


def check(name: str, value: float | None, limit: float | None) -> Check:
    return Check(name=name, value=value, limit=limit, ok=True)


def test_a_dry_run_tells_what_it_measured() -> None:
    checks = [
        check("seconds until loaded", 8.87, 60.0),
        check("requests that failed", 0, 0),
        check("largest difference from batch predictions", 6e-8, 1e-5),
    ]
    assert words.dry_run(DryRunRecord(server="stand_in", checks=checks)) == (
        "stand in: seconds until loaded 8.9; requests that failed 0; largest difference from batch predictions 6.0e-08"
    )


def test_a_candidate_that_could_not_be_served_has_no_measurements() -> None:
    failed = Check(name="server", value=None, limit=None, ok=False, said="it ended")
    record = DryRunRecord(server="docker", checks=[failed])
    assert words.dry_run(record) == "it could not be served"
    assert (record.passed, record.refusals) == (False, ["it ended"])


def test_what_was_not_tried_is_not_told() -> None:
    record = DryRunRecord(server="docker", checks=[])
    assert words.dry_run(record) is None
    assert (record.passed, record.refusals) == (False, [])

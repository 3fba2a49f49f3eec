"""A search for options in a whole pipeline: what it finds is what is trained, and nothing is searched twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import yaml
from harness import LOOSE, Pushed, Ran

Run = Callable[..., Ran]
TUNING = {
    "trials": 3,
    "space": {
        "epochs": {"low": 1, "high": 2},
        "deep.hidden": {"choices": [[16], [8, 4]]},
        "wide.learning_rate": {"low": 0.005, "high": 0.2, "log": True},
    },
}


def test_the_best_trials_options_train_the_model_and_nothing_is_searched_twice(
    anew: Callable[[str], Pushed], run: Run
) -> None:
    census, workdir = (pushed := anew("census")).slice, pushed.workdir
    settings = yaml.safe_load(census.pipeline.read_text())
    settings["tuning"] = TUNING
    census.pipeline.write_text(yaml.safe_dump(settings, sort_keys=False))

    first = run(census, workdir, LOOSE)
    assert first.code == 0, first.stderr
    assert first.states["Transform"] == "CACHED"
    assert list(first.states).index("Tuner") == list(first.states).index("Trainer") - 1
    assert first.states["Tuner"] == "COMPLETE"
    assert first.result is not None
    tuning = first.result["tuning"]
    assert [trial["trial"] for trial in tuning["trials"]] == [1, 2, 3]
    for trial in tuning["trials"]:
        assert trial["values"]["epochs"] in (1, 2)
        assert trial["values"]["deep.hidden"] in ([16], [8, 4])
        assert 0.005 <= trial["values"]["wide.learning_rate"] <= 0.2
    best = tuning["trials"][tuning["best"] - 1]
    assert tuning["metric"] == "auc"
    assert best["value"] == max(trial["value"] for trial in tuning["trials"])
    # The same options and seed train the same model, bit for bit: the Trainer had the best trial's.
    assert len({trial["value"] for trial in tuning["trials"]}) == 3
    [kept] = [row for row in first.result["training"] if row["kept"]]
    assert kept["auc"] == best["value"]
    assert len(first.result["training"]) <= best["values"]["epochs"]
    assert (
        f"tuned      auc {best['value']:.4f} on eval in trial {tuning['best']}, the best of 3: epochs " in first.stdout
    )
    assert "Tuning" in Path(first.result["report"]).read_text()
    written = [json.loads(path.read_text()) for path in workdir.glob("artifacts/Tuner/tuner_results/*/trials.json")]
    assert written == [tuning]
    assert list(workdir.glob("artifacts/Tuner/unfinished/*")) == []

    again = run(census, workdir, LOOSE)
    assert again.states["Tuner"] == again.states["Trainer"] == "CACHED"
    assert again.result is not None
    assert again.result["tuning"] == tuning

"""The Tuner's executor: what it writes, and what a killed one leaves to the next."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tfx.components.tuner.component import TunerFnResult
from tfx.components.util import udf_utils
from tfx.types import artifact_utils, standard_artifacts

from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer.hyperparameters import with_hyperparameters, with_values
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.tuner.executor import Executor
from widedeep.components.tuner.search import Search
from widedeep.components.tuner.tuning_options import TuningOptions

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y"},
        "features": [
            {"key": "a", "kind": "categorical", "side": "context", "transform": {"vocabulary": {}}, "wide": True}
        ],
    }
)
SPACE = {"epochs": {"low": 1, "high": 9}, "deep.hidden": {"choices": [[8], [4]]}}


@pytest.fixture
def execute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Path, Path]]:
    """Runs a search of stub trainings in the executor, and returns its folders: best and results."""

    def call(number: int, measure: Callable[[TrainingOptions, Any], float], **tuning: Any) -> tuple[Path, Path]:
        settled = TuningOptions.model_validate({"trials": 4, "space": SPACE} | tuning)

        def trained(values: Mapping[str, Any], report: Any) -> float:
            return measure(with_values(TrainingOptions(), values), report)

        def tuner_fn(fn_args: Any) -> TunerFnResult:
            return TunerFnResult(Search(settled, "auc", trained, fn_args.working_dir), {})

        monkeypatch.setattr(udf_utils, "get_fn", lambda properties, name: {"tuner_fn": tuner_fn}[name])
        examples = standard_artifacts.Examples()
        examples.uri = str(tmp_path / "examples")
        examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
        best, results = standard_artifacts.HyperParameters(), standard_artifacts.TunerResults()
        best.uri = str(tmp_path / "Tuner" / "best_hyperparameters" / str(number))
        results.uri = str(tmp_path / "Tuner" / "tuner_results" / str(number))
        properties = {
            "train_args": "{}",
            "eval_args": "{}",
            "custom_config": json.dumps({"tuning": settled.model_dump_json()}),
        }
        Executor().Do(
            {"examples": [examples]}, {"best_hyperparameters": [best], "tuner_results": [results]}, properties
        )
        return Path(best.uri), Path(results.uri)

    return call


def score(options: TrainingOptions, report: Any) -> float:
    return options.epochs / 10 + options.deep.hidden[0] / 1000


def test_the_trainer_gets_the_best_and_the_person_all(execute: Any) -> None:
    best, results = execute(1, score)
    table = json.loads((results / "trials.json").read_text())
    assert (table["metric"], table["search"]) == ("auc", "random")
    assert [trial["trial"] for trial in table["trials"]] == [1, 2, 3, 4]
    for trial in table["trials"]:
        epochs, [units] = trial["values"]["epochs"], trial["values"]["deep.hidden"]
        assert trial["value"] == pytest.approx(epochs / 10 + units / 1000)
    winner = max(table["trials"], key=lambda trial: trial["value"])
    assert table["best"] == winner["trial"]
    # The Trainer's executor reads the one file that is there.
    [path] = best.iterdir()
    options, _ = with_hyperparameters(TrainingOptions(), SPEC, json.loads(path.read_text()))
    assert [options.epochs, list(options.deep.hidden)] == [winner["values"]["epochs"], winner["values"]["deep.hidden"]]
    assert len(json.loads((results / "tuner_results.json").read_text())) == 4


def test_a_killed_search_leaves_its_trials_to_the_same_one_alone(execute: Any, tmp_path: Path) -> None:
    seen: list[TrainingOptions] = []

    def killed(options: TrainingOptions, report: Any) -> float:
        seen.append(options)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return score(options, report)

    def counted(options: TrainingOptions, report: Any) -> float:
        seen.append(options)
        return score(options, report)

    with pytest.raises(KeyboardInterrupt):
        execute(1, killed)
    unfinished = tmp_path / "Tuner" / "tuner_results" / "unfinished"
    [left] = unfinished.iterdir()

    seen.clear()
    execute(2, counted, seed=2)
    assert len(seen) == 4
    assert list(unfinished.iterdir()) == [left]

    seen.clear()
    _, results = execute(3, counted)
    assert len(seen) == 2
    assert len(json.loads((results / "trials.json").read_text())["trials"]) == 4
    assert list(unfinished.iterdir()) == []

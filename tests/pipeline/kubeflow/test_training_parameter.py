"""The run's parameter `training`: what it takes, at submit and in a step."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from widedeep.components.common.errors import ConfigError
from widedeep.pipeline.definition import config
from widedeep.pipeline.kubeflow.client.compiled_file import CompiledPipeline
from widedeep.pipeline.kubeflow.training_parameter import NOTHING, as_overrides

MOVIELENS, CENSUS = (
    Path(__file__).resolve().parents[3] / "schema" / name / "pipeline.yaml" for name in ("movielens", "census")
)


@pytest.fixture
def compiled(tmp_path: Path) -> CompiledPipeline:
    parameters = {"training": {"parameterType": "STRING"}, "epochs": {"parameterType": "NUMBER_INTEGER"}}
    root = {"inputDefinitions": {"parameters": parameters}, "dag": {"tasks": {}}}
    file = tmp_path / "toy.yaml"
    file.write_text(yaml.safe_dump({"pipelineInfo": {"name": "toy"}, "root": root}))
    return CompiledPipeline.read(file)


@pytest.mark.parametrize(
    "given",
    [
        '{"deep.dropout": 0.1, "deep.hidden": [32, 16], "patience": null, "wide.l1": 1e-5, "model": "deep"}',
        "{deep.dropout: 0.1, deep.hidden: [32, 16], patience: null, wide.l1: 0.00001, model: deep}",
    ],
)
def test_options_by_dotted_name_reach_the_settings(compiled: CompiledPipeline, given: str) -> None:
    sent = compiled.run_parameters([f"training={given}", "epochs=4"])
    assert json.loads(str(sent["training"])) == {
        "deep.dropout": 0.1,
        "deep.hidden": [32, 16],
        "patience": None,
        "wide.l1": 1e-5,
        "model": "deep",
    }
    # What the compilation set, the run's parameter changes; the rest stays.
    before = ("training.deep.dropout=0.5", "training.deep.batch_norm=true")
    made = config.load(MOVIELENS, (*before, *as_overrides(str(sent["training"]), "x"))).training
    assert (made.deep.dropout, made.deep.hidden, made.patience) == (0.1, (32, 16), None)
    assert (made.wide.l1, made.model, made.deep.batch_norm) == (1e-5, "deep", True)
    assert made.epochs == config.load(MOVIELENS).training.epochs


def test_nothing_changes_nothing(compiled: CompiledPipeline) -> None:
    assert compiled.run_parameters([f"training={NOTHING}"]) == {"training": NOTHING}
    assert as_overrides(NOTHING, "x") == ()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            "deep.dropout=0.1",
            'needs training options by dotted name, as \'{"deep.dropout": 0.1, "deep.hidden": [256, 128]}\' '
            "(it is 'deep.dropout=0.1').",
        ),
        ("{", "needs training options by dotted name"),
        ("", "needs training options by dotted name"),
        ("{a: 1, a: 2}", "needs training options by dotted name"),
        ("{deep.dropuot: 0.1}", "unknown option 'deep.dropuot': did you mean 'deep.dropout'?"),
        ("{deep: {dropout: 0.1}}", "unknown option 'deep': "),
        ("{deep.dropout: 1}", "deep.dropout: Input should be less than 1 (it is 1)."),
        ("{deep.dropout: true}", "deep.dropout: needs a number (it is true)."),
        ("{batch_size: 2.5}", "batch_size: Input should be a valid integer"),
        ("{wide.l1: .nan}", "wide.l1: Input should be a finite number"),
        ("{model: tall}", "model: Input should be 'wide', 'deep'"),
        ("{epochs: 3}", "'epochs' is a parameter of its own: epochs."),
        ("{warm_start: true}", "'warm_start' decides which steps the pipeline has: compile it again"),
        ("{1: 2}", "unknown option '1': "),
    ],
)
def test_what_is_wrong_is_told_at_submit_and_in_a_step(compiled: CompiledPipeline, given: str, says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"--param training: {says}")):
        compiled.run_parameters([f"training={given}"])
    with pytest.raises(ConfigError, match=re.escape(f"here: {says}")):
        as_overrides(given, "here")


def test_what_does_not_go_together_a_step_tells() -> None:
    """Only there the other settings are known."""
    given = as_overrides('{"deep.schedule.decay": "linear"}', "x")
    with pytest.raises(ConfigError, match="decay: linear or cosine goes with decay_steps"):
        config.load(CENSUS, given)
    assert config.load(CENSUS, ("training.deep.schedule={decay: cosine, decay_steps: 9}", *given))

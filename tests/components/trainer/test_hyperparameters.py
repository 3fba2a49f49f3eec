"""Options by dotted name, and how a search's find reaches the Trainer."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from widedeep.components.common.errors import ConfigError
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.trainer import run
from widedeep.components.trainer.hyperparameters import decode, encode, option_fields, with_hyperparameters, with_values
from widedeep.components.trainer.training_options import TrainingOptions

OPTIONS = TrainingOptions.model_validate({"epochs": 4, "wide": {"l1": 2.0}, "deep": {"dropout": 0.1}})
SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y"},
        "features": [
            {
                "key": key,
                "kind": "categorical",
                "side": "context",
                "transform": {"vocabulary": {}},
                "deep": {"embedding": 4},
            }
            for key in ("a", "b_x")
        ],
    }
)


def test_names_reach_every_option_and_no_group():
    names = {name for name, _ in option_fields()}
    assert {"epochs", "wide.l1", "deep.hidden", "deep.schedule.decay"} <= names
    assert not names & {"wide", "deep", "deep.schedule"}
    # As many as a dump of the options has leaves.
    flat = [OPTIONS.model_dump()]
    leaves = 0
    while flat:
        for value in flat.pop().values():
            if isinstance(value, dict):
                flat.append(value)
            else:
                leaves += 1
    assert len(names) == leaves


def test_other_values_leave_the_rest_alone():
    other = with_values(OPTIONS, {"wide.l2": 5.0, "deep.schedule.warmup_steps": 7, "deep.hidden": [8]})
    assert (other.wide.l1, other.wide.l2) == (2.0, 5.0)
    assert (other.deep.dropout, other.deep.hidden, other.deep.schedule.warmup_steps) == (0.1, (8,), 7)
    assert (other.epochs, OPTIONS.wide.l2, OPTIONS.deep.schedule.warmup_steps) == (4, 10.0, 0)


def test_values_that_do_not_go_together_are_refused():
    with pytest.raises(ConfigError, match=r"training: deep\.schedule: decay: linear or cosine goes with"):
        with_values(OPTIONS, {"deep.schedule.decay": "linear"})


@pytest.mark.parametrize("choice", [[64, 32], None, "adam", True, 3, 0.1])
def test_a_choice_comes_back_as_it_was(choice):
    back = decode({"x": encode(choice)})["x"]
    assert (back, type(back)) == (choice, type(choice))


def test_what_a_search_found_goes_over_the_settings():
    search = {"space": [], "values": {"epochs": 2, "deep.hidden": "[16, 8]", "deep.optimizer": '"adam"'}}
    options, spec = with_hyperparameters(OPTIONS, SPEC, search)
    assert spec == SPEC
    assert (options.epochs, options.deep.hidden, options.deep.optimizer) == (2, (16, 8), "adam")
    assert (options.wide.l1, options.deep.dropout) == (2.0, 0.1)
    assert with_hyperparameters(OPTIONS, SPEC, None) == (OPTIONS, SPEC)


def test_the_size_of_an_embedding_goes_over_the_declaration():
    search = {"values": {"epochs": 2, "features.b_x.deep.embedding": 8}}
    options, spec = with_hyperparameters(OPTIONS, SPEC, search)
    assert options.epochs == 2
    assert [feature.deep.embedding for feature in spec.features] == [4, 8]
    assert spec.inputs["b_x"].deep.embedding == 8
    assert [feature.deep.embedding for feature in SPEC.features] == [4, 4]


def test_a_checkpoint_of_other_hyperparameters_is_another_training():
    def folder(search):
        return run._checkpoints(
            SimpleNamespace(
                train_files=["a"],
                eval_files=["b"],
                transform_output="c",
                base_model=None,
                custom_config={},
                model_run_dir="/x/run/7",
                hyperparameters=search,
            )
        )

    assert folder({"values": {"epochs": 1}}) == folder({"values": {"epochs": 1}})
    assert len({folder({"values": {"epochs": 1}}), folder({"values": {"epochs": 2}}), folder(None)}) == 3

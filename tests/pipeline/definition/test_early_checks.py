"""What settings and features say together, refused before the first step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from widedeep.components import features
from widedeep.components.common.errors import ConfigError
from widedeep.components.common.settings import parse
from widedeep.components.features import FeatureSpec
from widedeep.pipeline.definition import config
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.definition.early_checks import check_models, check_settings

ROOT = Path(__file__).resolve().parents[3]
VOCABULARY = {"kind": "categorical", "side": "context", "transform": {"vocabulary": {}}}
WIDE = {"key": "user", **VOCABULARY, "wide": True}
DEEP = {"key": "user", **VOCABULARY, "deep": {"embedding": 4}}
DATA = {"path": "rows", "format": "csv", "splits": {"train": "a", "eval": "b", "test": "c"}}


def spec(*declared: dict[str, Any], label: dict[str, Any] | None = None, **others: Any) -> FeatureSpec:
    return FeatureSpec.model_validate({"label": {"key": "y", **(label or {})}, "features": declared, **others})


def settings(**groups: Any) -> PipelineConfig:
    return parse(PipelineConfig, {"name": "shop", "data": DATA, **groups}, "p.yaml")


@pytest.mark.parametrize(
    ("declared", "groups", "text"),
    [
        (
            spec(WIDE),
            {},
            "training.model is 'wide_deep', and no feature in features.yaml is deep: "
            "give one that role, or set training.model to 'wide'.",
        ),
        (
            spec(DEEP),
            {},
            "training.model is 'wide_deep', and no feature in features.yaml is wide: true, or a cross: "
            "give one that role, or set training.model to 'deep'.",
        ),
        (
            spec(WIDE),
            {"training": {"model": "deep"}},
            "training.model is 'deep', and no feature in features.yaml is deep: "
            "give one that role, or set training.model to 'wide'.",
        ),
        (
            spec(WIDE),
            {
                "training": {"model": "wide"},
                "tuning": {"trials": 2, "space": {"model": {"choices": ["wide", "wide_deep"]}}},
            },
            "training.model is 'wide_deep', and no feature in features.yaml is deep: "
            "give one that role, or set training.model to 'wide'.",
        ),
        (
            spec(
                {**WIDE, "deep": {"embedding": 4}},
                {"key": "item", **VOCABULARY, "wide": True},
                crosses=[{"keys": ["user", "item"], "buckets": 2**31 - 1}, {"keys": ["item", "user"], "buckets": 2}],
            ),
            {},
            "the columns that are 1 wide have 2,147,483,651 ids together, more than 2,147,483,647: give the largest, "
            "'user_x_item' with 2,147,483,647, fewer buckets or a smaller vocabulary.",
        ),
        (
            spec({**WIDE, "deep": {"embedding": 4}}, label={"kind": "regression"}),
            {"training": {"stop_on": "auc"}},
            "training.stop_on is 'auc'; a regression label has rmse, mae, calibration.",
        ),
        (
            spec({**WIDE, "deep": {"embedding": 4}}, label={"kind": "regression"}),
            {"training": {"keep_negatives": 0.5}},
            "training.keep_negatives is 0.5, and the label is regression: only a binary one has negatives. "
            "Leave it out.",
        ),
        (
            spec({**WIDE, "deep": {"embedding": 4}}),
            {"evaluation": {"bounds": {"rmse": {"at_most": 1}}}},
            "evaluation.bounds: a binary label has no 'rmse': it has auc, auc_pr, logloss, accuracy, calibration.",
        ),
        (
            spec({**WIDE, "deep": {"embedding": 4}, "slice": True}),
            {"evaluation": {"slices": {"metric": "mae", "worse_by_at_most": 1}}},
            "evaluation.slices: a binary label has no 'mae': it has auc, auc_pr, logloss, accuracy, calibration.",
        ),
        (
            spec({**WIDE, "deep": {"embedding": 4}}),
            {"evaluation": {"slices": {"worse_by_at_most": 1}}},
            "evaluation.slices bounds what no feature in features.yaml has: give one `slice: true`.",
        ),
        (
            spec({**WIDE, "deep": {"embedding": 4}}),
            {"gate": {"features": {"usr": "warn"}}},
            "gate.features: unknown feature 'usr': did you mean 'user'?",
        ),
        (
            spec({**WIDE, "deep": {"embedding": 4}}),
            {"training": {"deep": {"products": True}}},
            "training.deep.products multiplies embeddings of one width, and no two columns have that (user_id 4): give "
            "two features embeddings of one width in features.yaml, or leave it out.",
        ),
        (
            spec({**WIDE, "deep": {"embedding": 4}}),
            {"tuning": {"trials": 2, "space": {"features.usr.deep.embedding": {"choices": [4, 8]}}}},
            "tuning.space: 'features.usr.deep.embedding': no feature 'usr' has an embedding: did you mean 'user'?",
        ),
    ],
)
def test_what_can_not_go_well(declared: FeatureSpec, groups: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_settings(settings(**groups), declared)
    assert str(caught.value) == text


def test_what_can() -> None:
    check_settings(settings(training={"model": "wide"}), spec(WIDE))
    check_settings(settings(training={"model": "wide", "deep": {"products": True}}), spec(WIDE))
    check_settings(settings(training={"model": "deep"}), spec(DEEP))
    shared = {"key": "item", **VOCABULARY, "transform": {"vocabulary": {"of": "user"}}, "deep": {"embedding": 4}}
    check_settings(settings(), spec(WIDE, shared))
    check_settings(settings(training={"stop_on": "mae"}), spec(WIDE, shared, label={"kind": "regression"}))


def test_a_comparison_of_all_models_needs_features_for_each() -> None:
    with pytest.raises(ConfigError, match=r"training\.model is 'deep', and no feature"):
        check_models(spec(WIDE), ("wide", "deep", "wide_deep"))


@pytest.mark.parametrize("name", ["movielens", "census", "taxi", "frappe"])
def test_of_the_data_sets(name: str) -> None:
    loaded = config.load(ROOT / "schema" / name / "pipeline.yaml")
    check_settings(loaded, features.load(Path(loaded.features)))


@pytest.mark.parametrize(
    ("groups", "text"),
    [
        (
            {"evaluation": {"split": "train"}},
            "evaluation.split is train: what the model has learned by heart can't judge it",
        ),
        ({"training": {"seed": 2**32}}, "training.seed: Input should be less than 4294967296 (it is 4294967296)"),
        ({"name": "a" * 64}, "name: String should have at most 63 characters (it is 'aaa"),
        (
            {"dry_run": {"server": "infra_validator", "image": "mine"}},
            "dry_run: image is 'mine', and infra_validator needs one with a tag: tensorflow/serving:2.21.0",
        ),
        (
            {"kubeflow": {"resources": {"cpu": "4500m"}}},
            "kubeflow.resources: cpu is 4500m, more than cpu_limit: 4",
        ),
        (
            {"kubeflow": {"resources": {"memory": "9G", "memory_limit": "8Gi"}}},
            "kubeflow.resources: memory is 9G, more than memory_limit: 8Gi",
        ),
        ({"kubeflow": {"secret": "My_Secret"}}, "kubeflow.secret: String should match pattern "),
        (
            {"kubeflow": {"retries": {"attempts": 90, "factor": 9}}},
            "kubeflow: retries: all attempts and the waits between them may take ",
        ),
    ],
)
def test_what_no_features_could_make_go_well(groups: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(**groups)
    assert str(caught.value).startswith(f"p.yaml: {text}")


def test_requests_up_to_their_limits() -> None:
    resources = {"cpu": "4000m", "memory": "8192Mi"}
    assert settings(kubeflow={"resources": resources}).kubeflow.resources.cpu == "4000m"

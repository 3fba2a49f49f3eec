"""Wide, deep and joint on the same transformed data: the comparison that the paper makes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from widedeep.components import features
from widedeep.components.metadata.artifacts import outputs
from widedeep.components.metadata.connection import open_store
from widedeep.components.trainer.ablation import compare
from widedeep.components.trainer.comparison import MODELS, Comparison
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.definition.early_checks import check_models
from widedeep.pipeline.local.session import Session


def ablate(config: PipelineConfig, session: Session, seeds: Sequence[int]) -> list[Comparison]:
    """Runs the pipeline up to Transform (from its cache where it can), then trains every variant for every seed.

    Returns:
        One a variant; the metrics are those of the evaluation split.
    """
    spec = features.load(Path(config.features))
    check_models(spec, MODELS)
    session.execute("Transform")
    run = session.run
    transform = run.nodes[-1].execution_id
    assert transform is not None
    with open_store(run.connection) as store:
        artifacts = outputs(store, transform)
    examples = artifacts["transformed_examples"].uri
    train, watched, held_out = (
        [os.path.join(examples, f"Split-{split}", "*")] for split in ("train", "eval", config.evaluation.split)
    )
    return compare(train, watched, held_out, artifacts["transform_graph"].uri, spec, config.training, seeds)

"""Wide, deep and joint on the same transformed data: the comparison that the paper makes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from widedeep.components import features
from widedeep.components.metadata.artifacts import outputs
from widedeep.components.metadata.connection import open_store
from widedeep.components.trainer.ablation import compare
from widedeep.components.trainer.boosted_trees import check_installed
from widedeep.components.trainer.comparison import MODELS, Comparison
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.definition.early_checks import check_models
from widedeep.pipeline.local.session import Session


def ablate(config: PipelineConfig, session: Session, seeds: Sequence[int], rails: bool = False) -> list[Comparison]:
    """Runs the pipeline up to Transform (from its cache where it can), then trains every variant for every seed.

    Args:
        config: of the pipeline.
        session: of it.
        seeds: of each variant's trainings.
        rails: whether to train LightGBM's trees, too.

    Returns:
        One a variant; the metrics are those of the evaluation split.
    """
    spec = features.load(Path(config.features))
    check_models(spec, MODELS)
    if rails:
        check_installed()
    folder, graph = transformed(session)
    train, watched, held_out = (
        [os.path.join(folder, f"Split-{split}", "*")] for split in ("train", "eval", config.evaluation.split)
    )
    return compare(train, watched, held_out, graph, spec, config.training, seeds, rails)


def transformed(session: Session) -> tuple[str, str]:
    """Runs the pipeline up to Transform; returns the folder of the transformed examples, and Transform's graph."""
    session.execute("Transform")
    run = session.run
    transform = run.nodes[-1].execution_id
    assert transform is not None
    with open_store(run.connection) as store:
        artifacts = outputs(store, transform)
    return artifacts["transformed_examples"].uri, artifacts["transform_graph"].uri

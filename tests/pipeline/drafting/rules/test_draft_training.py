"""The drafted training options, which pipeline.yaml takes."""

from __future__ import annotations

import pytest

from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.pipeline.drafting.rules.training import training


@pytest.mark.parametrize(("rows", "epochs"), [(19_999, 20), (20_000, 10), (499_999, 10), (500_000, 3)])
def test_few_rows_get_more_epochs(rows: int, epochs: int) -> None:
    settings, _ = training(rows, 0.98)
    assert settings["epochs"] == epochs
    assert not {"wide", "deep"} & set(settings)
    TrainingOptions.model_validate(settings)


def test_where_combinations_always_have_one_label_they_are_learned_by_heart() -> None:
    settings, why = training(200_000, 0.99)
    options, default = TrainingOptions.model_validate(settings), TrainingOptions()
    assert options.wide.learning_rate > default.wide.learning_rate
    assert options.wide.l2 < default.wide.l2
    assert options.deep.embedding_l2 > default.deep.embedding_l2
    assert options.batch_size > default.batch_size
    assert why == "rows of one combination of a cross have the same label"


def test_where_later_rows_have_new_ids_embeddings_are_dropped() -> None:
    assert training(80_000, 0.0, 0.5) == training(80_000, 0.0)
    settings, why = training(80_000, 0.0, 0.853)
    assert TrainingOptions.model_validate(settings).deep.embedding_dropout == 0.5
    assert why == "the best of up to 10 epochs counts; 85% of later rows have an id that no earlier one has"
    # Beside what else is held back.
    assert training(80_000, 0.99, 0.853)[0]["deep"] == training(80_000, 0.99)[0]["deep"] | {"embedding_dropout": 0.5}

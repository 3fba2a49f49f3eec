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
    assert why == "rows of one combination of a cross have the same label"

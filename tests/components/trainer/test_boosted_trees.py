"""Trees on the model's inputs."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow_transform as tft

from widedeep.components.common.errors import ConfigError
from widedeep.components.trainer.boosted_trees import Rows, boosted_trees, check_installed
from widedeep.components.trainer.model.layout import make_layout
from widedeep.components.trainer.vocabularies import vocabularies


def test_trees_see_each_feature_once_and_no_cross(prepared):
    strings = vocabularies(prepared.spec, tft.TFTransformOutput(prepared.graph))
    sizes = {name: len(known) for name, known in strings.items()}
    rows = Rows.of(prepared.eval, prepared.spec, make_layout(prepared.spec, sizes, "wide_deep"))
    values, raw = rows.values.toarray(), prepared.raw
    assert rows.label.tolist() == [row["liked"][0] for row in raw]
    assert rows.weight.tolist() == [row["importance"][0] for row in raw]
    # User, age's bucket and item; age's and price's value and whether it is missing; an indicator for each id of the
    # history, whose vocabulary is that of the items, and one for what is not in it.
    assert values.shape == (len(raw), 3 + 4 + sizes["item_vocabulary"] + 1)
    assert np.isnan(values[:, 0]).tolist() == ["user" not in row for row in raw]
    items = {
        id_: {row["item"][0] for row, has in zip(raw, values[:, 2] == id_, strict=True) if has} for id_ in range(12)
    }
    assert sorted(len(names) for names in items.values()) == [1] * 12
    assert values[:, 4].tolist() == [float("age" not in row) for row in raw]
    history = {name: column for column, [name] in ((7 + id_, names) for id_, names in items.items())}
    for name, column in history.items():
        assert values[:, column].tolist() == [float(name in row.get("history", ())) for row in raw]


def test_trees_learn_what_the_rows_hold(prepared, tmp_path):
    pytest.importorskip("lightgbm", reason="LightGBM is not installed: nothing else needs it")
    rows = [{**row, "liked": [int("item3" in row.get("history", ()))]} for row in prepared.raw]
    files = [prepared.transformed(prepared.graph, prepared.spec, rows, tmp_path / "part.gz")]
    trees = boosted_trees(files, files, files, tft.TFTransformOutput(prepared.graph), prepared.spec, seed=1)
    assert trees.quality["auc"] == 1
    assert trees.quality["logloss"] < 0.01
    assert trees.examples == len(rows)
    assert trees.leaves >= 2


def test_trees_need_lightgbm(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="LightGBM is not installed here, and nothing else needs it: pip install lig"):
        check_installed()

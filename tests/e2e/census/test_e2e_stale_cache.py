"""A changed declaration: what depends on it runs anew, and a model that is not good enough is not pushed."""

from __future__ import annotations

from collections.abc import Callable

import yaml
from harness import Pushed, Ran

Run = Callable[..., Ran]


def test_a_change_in_features_yaml_never_meets_a_stale_cache(anew: Callable[[str], Pushed], run: Run) -> None:
    census, workdir = (pushed := anew("census")).slice, pushed.workdir
    features = census.pipeline.parent / "features.yaml"
    declared = yaml.safe_load(features.read_text())
    declared["crosses"] = declared["crosses"][:1]
    features.write_text(yaml.safe_dump(declared))

    # It is not blessed either, since no census model reaches an AUC of 0.999.
    changed = run(census, workdir, "evaluation.bounds={auc: {at_least: 0.999}}")
    assert changed.code == 3, changed.stderr
    assert changed.states["Transform"] == changed.states["Trainer"] == "COMPLETE"
    assert changed.result is not None
    assert changed.result["pushed_to"] is None
    assert "not blessed: auc is 0." in changed.stdout
    assert "at least 0.999 is needed" in changed.stdout
    assert sorted(path.name for path in (workdir / "models").iterdir()) == ["1"]

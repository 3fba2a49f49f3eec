"""The lines of the README in Python, run as they stand there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from harness import ROOT, Pushed
from pages import blocks

from widedeep.serving.standin.models.model_configs import single
from widedeep.serving.standin.server import Options, Server


@pytest.mark.usefixtures("forked_commands")
def test_the_lines_of_the_readme(
    anew: Callable[[str], Pushed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed = anew("movielens")
    # The slice in the place of the data set; its run finds everything in its cache.
    places = {"schema": pushed.slice.pipeline.parent, "data": pushed.slice.data, "work": pushed.workdir}
    for name, place in places.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "movielens").symlink_to(place)
    monkeypatch.chdir(tmp_path)
    server = Server(single("movielens", pushed.workdir / "models"), Options(port=0, rest_port=0))
    server.start()
    [code] = [block.text for block in blocks("python") if block.page == ROOT / "README.md"]
    # A busy machine's first answer takes longer than a person would wait.
    for stands, put in ((":8500", f":{server.port}"), ("top=10)", "top=10, deadline=60)")):
        assert code.count(stands) == 1
        code = code.replace(stands, put)
    names: dict[str, Any] = {}
    try:
        exec(compile(code, "README.md", "exec"), names)
    finally:
        server.stop(5)
    run, rows, scores, best = names["run"], names["rows"], names["scores"], names["best"]
    assert Path(run.pushed_to).resolve() == pushed.workdir.resolve() / "models" / "1"
    assert run.metrics["candidate"]["rows"] == len(rows) == len(scores)
    assert list(scores.columns) == ["user_id", "movie_id", "score"]
    # The scores are those that the Evaluator measured.
    from sklearn.metrics import roc_auc_score

    assert roc_auc_score(rows["label"], scores["score"]) == pytest.approx(run.metrics["candidate"]["auc"], abs=1e-3)
    assert len(best) == 10
    assert best["score"].is_monotonic_decreasing
    assert isinstance(best, pd.DataFrame)

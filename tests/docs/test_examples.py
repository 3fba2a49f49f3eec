"""The examples as a person runs them: a model is trained, and ranks behind a server; and days of a store, in a loop."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
# It trains a model.
pytestmark = pytest.mark.e2e
FEATURES = """
label: {key: liked}
features:
  - {key: user, kind: categorical, side: context, transform: {vocabulary: {}}, wide: true, deep: {embedding: 4}}
  - {key: age, kind: numeric, side: context, transform: {z_score: {}}, deep: {}}
  - {key: item, kind: categorical, side: candidate, required: true, transform: {vocabulary: {}}, wide: true}
crosses:
  - {keys: [user, item], buckets: 100}
"""


def run(script: str, *arguments: str) -> str:
    """What an example prints; in this process, which has imported TensorFlow."""
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr(sys, "argv", [script, *arguments])
        runpy.run_path(str(ROOT / "examples" / script), run_name="__main__")
    return printed.getvalue()


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Each of four users likes one of four items, with an exception in ten."""
    random = np.random.default_rng(seed)
    drawn = [(int(random.integers(4)), int(random.integers(4)), random.random() < 0.9) for _ in range(count)]
    return [
        {"user": f"u{user}", "age": 20 + user, "item": f"i{item}", "liked": int((user == item) == usual)}
        for user, item, usual in drawn
    ]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    (folder / "features.yaml").write_text(FEATURES)
    for seed, (split, count) in enumerate({"train": 2000, "eval": 300, "test": 300}.items()):
        write(folder / split / "rows.csv", rows(count, seed))
    return folder


@pytest.fixture(scope="module")
def trained(data: Path) -> tuple[Path, dict[str, float]]:
    """The model's folder as a version of a served model, and the metrics that were printed."""
    model = data / "models" / "1"
    printed = run("train_estimator.py", str(data / "features.yaml"), str(data), str(model))
    metrics: dict[str, float] = json.loads(printed.splitlines()[-1].replace("'", '"'))
    return model, metrics


@pytest.fixture(scope="module")
def server(trained: tuple[Path, dict[str, float]]) -> Iterator[str]:
    """The stand-in's gRPC address."""
    from widedeep.serving.standin.models.model_configs import single
    from widedeep.serving.standin.server import Options, Server

    model, _ = trained
    server = Server(single("liked", model.parent), Options(port=0, rest_port=0))
    server.start()
    yield f"localhost:{server.port}"
    server.stop(1.0)


def test_the_estimator_learns_who_likes_what(trained: tuple[Path, dict[str, float]]) -> None:
    _, metrics = trained
    # Who knows each user's item has an AUC of 0.857 in the long run, who knows nothing 0.5; and who knows the label
    # rate alone, 0.25 * 0.9 + 0.75 * 0.1, a log loss of 0.611.
    assert metrics["auc"] > 0.8
    assert metrics["logloss"] < 0.611


def test_the_liked_item_ranks_first(server: str) -> None:
    candidates = [{"item": f"i{number}"} for number in range(4)]
    printed = run("rank.py", server, "liked", '{"user": "u2", "age": 22}', json.dumps(candidates))
    ranked = [json.loads(line) for line in printed.splitlines()]
    assert ranked[0]["item"] == "i2"
    scores = [row["score"] for row in ranked]
    assert scores == sorted(scores, reverse=True)
    assert len({row["item"] for row in ranked}) == 4


@pytest.mark.usefixtures("forked_commands")
def test_a_served_day_is_trained_on_and_served(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "examples" / "loop" / "loop.py", tmp_path, "--days", "2", "--requests", "1000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    counts = json.loads((tmp_path / "days" / "day-2" / "counts.json").read_text())
    # Ten of each request's candidates were seen, and every install finds its impression.
    assert counts["impressions"] == 10_000
    assert counts["taken"] == counts["positives"] > 300
    assert not any(counts[name] for name in ("repeated", "late", "early", "unshown"))
    # The second run started from the first one's model, and looked for drift and skew.
    [first, second] = sorted((tmp_path / "work" / "runs").glob("*/run.json"))
    base = json.loads(second.read_text())["base"]
    assert base["model"].startswith(json.loads(first.read_text())["model"] + "/")
    assert "day 2: version 2 is served" in done.stdout
    page = (tmp_path / "loop.html").read_text()
    assert page.count("<polyline") == 0
    assert page.count("<circle") >= 3

"""The dry run of real candidates: a good one is blessed with its warm-up requests, and limits are held to.

What else it refuses stands in the table of faults.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from harness import LOOSE, ROOT, Pushed, Ran, latest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog
from tfx.types import artifact_utils, standard_artifacts

from widedeep.components import features
from widedeep.components.dryrun.dry_run_options import DryRunOptions
from widedeep.components.dryrun.executor import Executor

Run = Callable[..., Ran]


class Tried:
    """The dry run by hand, of the model that a run has trained."""

    def __init__(self, workdir: Path, folder: Path) -> None:
        self._workdir, self._folder, self._count = workdir, folder, 0

    def __call__(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        """The blessing, and the record."""
        self._count += 1
        trained, judged, examples = (
            standard_artifacts.Model(),
            standard_artifacts.ModelBlessing(),
            standard_artifacts.Examples(),
        )
        graph, blessing = standard_artifacts.TransformGraph(), standard_artifacts.InfraBlessing()
        trained.uri = str(latest(self._workdir, "Trainer", "model"))
        blessing.uri = str(self._folder / f"blessing-{self._count}")
        judged.uri = str(self._folder / f"judged-{self._count}")
        Path(judged.uri).mkdir()
        Path(judged.uri, "BLESSED").touch()
        judged.set_int_custom_property("blessed", 1)
        examples.uri = str(latest(self._workdir, "ExampleGen", "examples"))
        examples.split_names = artifact_utils.encode_split_names(["train", "eval", "test"])
        graph.uri = str(latest(self._workdir, "Transform", "transform_graph"))
        inputs = {
            "model": [trained],
            "model_blessing": [judged],
            "examples": [examples],
            "transform_graph": [graph],
        }
        spec = features.load(ROOT / "schema" / "taxi" / "features.yaml")
        given = DryRunOptions(rows=60).model_copy(update=options)
        properties = {"features": features.to_json(spec), "options": given.model_dump_json(), "split": "test"}
        Executor().Do(inputs, {"blessing": [blessing]}, properties)
        return blessing, json.loads(Path(blessing.uri, "dry_run.json").read_text())


def said(record: dict[str, Any]) -> list[str]:
    return [check["said"] for check in record["checks"] if not check["ok"]]


def refused(blessing: Any) -> bool:
    """As the Pusher sees it; there is no model in the blessing that it could push."""
    assert not Path(blessing.uri, "stamped_model").exists()
    files = {path.name for path in Path(blessing.uri).iterdir()}
    return "INFRA_NOT_BLESSED" in files and blessing.get_int_custom_property("blessed") == 0


def test_a_good_candidate_passes_and_one_beyond_a_limit_does_not(
    pushed: Callable[[str], Pushed], tmp_path: Path
) -> None:
    taxi = pushed("taxi")
    result, version = taxi.ran.result, taxi.workdir / "models" / "1"
    assert result is not None
    by_name = {check["name"]: check for check in result["dry_run"]["checks"]}
    assert result["dry_run"]["server"] == "stand_in"
    assert all(check["ok"] for check in by_name.values())
    assert by_name["requests that failed"]["value"] == 0
    assert 0 < by_name["p99 milliseconds"]["value"] < 100
    assert 100 < by_name["MiB of memory at most"]["value"] < 4096
    assert "dry run    stand in: " in taxi.ran.stdout
    warmup = version / "assets.extra" / "tf_serving_warmup_requests"
    logs = [PredictionLog.FromString(text) for text in tf.data.TFRecordDataset(str(warmup)).as_numpy_iterator()]
    asked = {getattr(log, log.WhichOneof("log_type")).request.model_spec.signature_name for log in logs}
    assert asked == {"serving_default", "predict_raw", "rank", "classify", "regress"}

    tried = Tried(taxi.workdir, tmp_path)
    blessing, record = tried(memory_mib=1.0, p99_ms=10_000.0)
    assert refused(blessing)
    [large] = said(record)
    assert large.startswith("MiB of memory at most: ")
    assert large.endswith(", at most 1 is allowed (dry_run.memory_mib)")
    blessing, record = tried(load_seconds=0.2)
    assert refused(blessing)
    [late] = said(record)
    assert late.startswith("the model was not loaded within 0.2 s (dry_run.load_seconds)")


@pytest.mark.repeats  # of the resolver's own test and the table of faults
def test_what_fails_the_dry_run_is_no_baseline(anew: Callable[[str], Pushed], run: Run) -> None:
    taxi = anew("taxi")
    workdir = taxi.workdir
    slow = run(taxi.slice, workdir, LOOSE, "training.seed=7", "dry_run.p99_ms=0.01")
    assert slow.code == 4, slow.stderr
    assert slow.result is not None
    before = slow.result["metrics"]["baseline"]
    third = run(taxi.slice, workdir, LOOSE, "training.seed=8")
    assert third.code == 0, third.stderr
    assert third.result is not None
    assert third.result["metrics"]["baseline"] == pytest.approx(before, abs=1e-6)
    assert sorted(path.name for path in (workdir / "models").iterdir()) == ["1", "2"]

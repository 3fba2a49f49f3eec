"""The Pusher's executor on real artifacts."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts
from tfx.utils import io_utils, path_utils, proto_utils

from widedeep.components.common.errors import WideDeepError
from widedeep.components.evaluator import results
from widedeep.components.features.model_files import ROWS
from widedeep.components.ingest.conversion.row_format import ROW_FORMAT, RowFormat
from widedeep.components.pusher import executor, version_info
from widedeep.components.pusher.executor import Executor

# The dry run's, which holds requests to warm up with; the Trainer's has none.
FILES = {
    "saved_model.pb": b"graph",
    "variables/variables.index": b"i",
    "assets.extra/tf_serving_warmup_requests": b"requests",
}
METRICS = {"candidate": {"auc": 0.75, "calibration": math.nan}, "baseline": {"auc": 0.5, "calibration": math.inf}}
CODE = {"trainer": "abc", "transform": "def"}


@pytest.fixture
def artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    made = {
        "model": standard_artifacts.Model(),
        "model_blessing": standard_artifacts.ModelBlessing(),
        "infra_blessing": standard_artifacts.InfraBlessing(),
        "evaluation": standard_artifacts.ModelEvaluation(),
        "pushed_model": standard_artifacts.PushedModel(),
        "examples": standard_artifacts.Examples(),
        "earlier": standard_artifacts.Examples(),
    }
    for number, (name, artifact) in enumerate(made.items(), 1):
        artifact.id, artifact.uri = number, str(tmp_path / name)
        Path(artifact.uri).mkdir()
    for span, name in ((7, "examples"), (6, "earlier")):
        made[name].set_int_custom_property("span", span)
        made[name].set_string_custom_property("input_fingerprint", f"files of {span}")
        RowFormat(format="csv", dialect={"delimiter": str(span)}).write(Path(made[name].uri) / ROW_FORMAT)
    made["earlier"].set_int_custom_property("version", 2)
    trained = Path(path_utils.serving_model_path(made["model"].uri))
    trained.mkdir()
    (trained / "saved_model.pb").write_bytes(b"the Trainer's")
    stamp(made["infra_blessing"], FILES)
    made["infra_blessing"].set_int_custom_property("blessed", 1)
    made["infra_blessing"].set_int_custom_property("has_model", 1)
    measured = {made["evaluation"].uri: results.Evaluation(blessed=True, metrics=METRICS)}
    monkeypatch.setattr(results, "read", measured.__getitem__)
    return made


def stamp(blessing: Any, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = Path(path_utils.stamped_model_path(blessing.uri)) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def run(artifacts: dict[str, Any], base: str, blessed: int = 1, keep: int | None = None) -> None:
    artifacts["model_blessing"].set_int_custom_property("blessed", blessed)
    destination = pusher_pb2.PushDestination(filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=base))
    inputs = {key: [artifacts[key]] for key in ("model", "model_blessing", "infra_blessing", "evaluation")}
    properties = {"push_destination": proto_utils.proto_to_json(destination), "code": json.dumps(CODE)}
    if keep is not None:
        properties["keep"] = keep
    context = Executor.Context(pipeline_info=SimpleNamespace(id="taxi"), pipeline_run_id="20260101-1")
    Executor(context).Do(
        inputs | {"examples": [artifacts["examples"], artifacts["earlier"]]},
        {"pushed_model": [artifacts["pushed_model"]]},
        properties,
    )


def content(folder: Path) -> dict[str, bytes]:
    """All files but what a version tells of itself."""
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: text for name, text in files.items() if name not in version_info.INFO_FILES}


def test_blessed_is_pushed_with_its_warm_up_requests(artifacts: dict[str, Any], tmp_path: Path) -> None:
    base = tmp_path / "models"
    run(artifacts, str(base))
    assert content(base / "1") == FILES
    pushed = artifacts["pushed_model"]
    assert content(Path(pushed.uri)) == FILES
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_version") == "1"
    assert pushed.get_string_custom_property("pushed_destination") == str(base / "1")


def test_a_version_tells_its_metrics_and_where_it_comes_from(artifacts: dict[str, Any], tmp_path: Path) -> None:
    base = tmp_path / "models"
    before = datetime.now(UTC).replace(microsecond=0)
    run(artifacts, str(base))
    assert json.loads((base / "1" / version_info.METRICS).read_text()) == {
        "candidate": {"auc": 0.75, "calibration": None},
        "baseline": {"auc": 0.5, "calibration": None},
    }
    lineage = json.loads((base / "1" / version_info.LINEAGE).read_text())
    assert before <= datetime.fromisoformat(lineage.pop("pushed")) <= datetime.now(UTC)
    assert lineage == {
        "pipeline": "taxi",
        "run": "20260101-1",
        "model": {"id": 1, "uri": str(tmp_path / "model")},
        "baseline": None,
        "data": [
            {"span": 6, "version": 2, "fingerprint": "files of 6", "uri": str(tmp_path / "earlier")},
            {"span": 7, "version": None, "fingerprint": "files of 7", "uri": str(tmp_path / "examples")},
        ],
        "code": CODE,
        "libraries": {name: metadata.version(name) for name in ("tensorflow", "tfx")},
        "rollback": None,
    }


@pytest.mark.parametrize(("model", "version"), [("model", 1), ("another", None)])
def test_the_baseline_is_told_by_its_version(
    artifacts: dict[str, Any], tmp_path: Path, model: str, version: int | None
) -> None:
    base = tmp_path / "models"
    run(artifacts, str(base))
    stamp(artifacts["infra_blessing"], {"saved_model.pb": b"another"})
    artifacts["model_blessing"].set_int_custom_property("baseline_model_id", 1)
    artifacts["model_blessing"].set_string_custom_property("baseline_model", str(tmp_path / model))
    run(artifacts, str(base))
    lineage = version_info.read_lineage(base / "2")
    assert lineage is not None
    assert lineage.baseline == version_info.Baseline(id=1, uri=str(tmp_path / model), version=version)


def test_the_model_that_is_the_newest_version_already_is_not_pushed_again(
    artifacts: dict[str, Any], tmp_path: Path
) -> None:
    base = tmp_path / "models"
    run(artifacts, str(base))
    before = (base / "1" / version_info.LINEAGE).stat()
    run(artifacts, str(base))
    assert [path.name for path in base.iterdir()] == ["1"]
    assert (base / "1" / version_info.LINEAGE).stat() == before
    assert artifacts["pushed_model"].get_string_custom_property("pushed_destination") == str(base / "1")
    stamp(artifacts["infra_blessing"], {"assets.extra/tf_serving_warmup_requests": b"others"})
    run(artifacts, str(base))
    assert artifacts["pushed_model"].get_string_custom_property("pushed_version") == "2"
    # An earlier version is no reason: it does not serve.
    stamp(artifacts["infra_blessing"], FILES)
    run(artifacts, str(base))
    assert artifacts["pushed_model"].get_string_custom_property("pushed_version") == "3"
    assert content(base / "3") == content(base / "1") == FILES


def test_old_versions_go_after_a_push(artifacts: dict[str, Any], tmp_path: Path) -> None:
    base = tmp_path / "models"
    for number in range(4):
        stamp(artifacts["infra_blessing"], {"saved_model.pb": b"%d" % number})
        run(artifacts, str(base))
    assert len(list(base.iterdir())) == 4
    # Fewer are wanted, and nothing is new.
    run(artifacts, str(base), keep=2)
    assert sorted(path.name for path in base.iterdir()) == ["3", "4"]
    stamp(artifacts["infra_blessing"], {"saved_model.pb": b"new"})
    run(artifacts, str(base), keep=2)
    assert sorted(path.name for path in base.iterdir()) == ["4", "5"]


@pytest.mark.parametrize("refused_by", ["model_blessing", "infra_blessing"])
def test_not_blessed_is_not_pushed(artifacts: dict[str, Any], tmp_path: Path, refused_by: str) -> None:
    base = tmp_path / "models"
    artifacts["infra_blessing"].set_int_custom_property("blessed", int(refused_by != "infra_blessing"))
    run(artifacts, str(base), blessed=int(refused_by != "model_blessing"))
    assert not base.exists()
    assert content(Path(artifacts["pushed_model"].uri)) == {}
    assert artifacts["pushed_model"].get_int_custom_property("pushed") == 0
    assert artifacts["pushed_model"].has_custom_property("pushed")
    assert not artifacts["pushed_model"].has_custom_property("refused")


def test_a_model_that_was_rolled_back_is_not_pushed_again(artifacts: dict[str, Any], tmp_path: Path) -> None:
    base = tmp_path / "models"
    artifacts["model"].set_string_custom_property("rolled_back", "to version 1 at 2026-01-01")
    run(artifacts, str(base))
    assert not base.exists()
    pushed = artifacts["pushed_model"]
    assert content(Path(pushed.uri)) == {}
    assert pushed.get_int_custom_property("pushed") == 0
    assert pushed.get_string_custom_property("refused") == (
        "this very model was taken out of service by a rollback to version 1 at 2026-01-01. Train on other data or "
        "with other settings; or put it back: widedeep models WORKDIR rollback VERSION"
    )


def test_failed_archive_pushes_nothing(
    artifacts: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that is visible belongs to a run that says so."""
    with monkeypatch.context() as patched:

        def full(*_: Any, **__: Any) -> None:
            raise OSError("no space")

        patched.setattr(io_utils, "copy_dir", full)
        with pytest.raises(OSError, match="no space"):
            run(artifacts, str(tmp_path / "models"))
    assert not (tmp_path / "models").exists()


def test_failed_push_is_readable(artifacts: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(WideDeepError, match=r"the model could not be pushed to .*File exists"):
        run(artifacts, str(tmp_path / "models"))
    assert not artifacts["pushed_model"].has_custom_property("pushed")


def test_in_a_bucket_the_graph_comes_last(
    artifacts: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("a bucket has no rename")

    copied = io_utils.copy_file
    seen: list[set[str]] = []

    def watched(source: str, target: str, *rest: Any) -> None:
        seen.append({path.name for path in (tmp_path / "bucket").rglob("*") if path.is_file()})
        copied(source, target, *rest)

    monkeypatch.setattr(executor, "push", never)
    monkeypatch.setattr(io_utils, "copy_file", watched)
    monkeypatch.chdir(tmp_path)
    run(artifacts, f"file://{tmp_path}/bucket", keep=1)
    [version] = (tmp_path / "bucket").iterdir()
    assert content(version) == FILES
    assert all((version / name).is_file() for name in version_info.INFO_FILES)
    assert seen[-1] == {Path(name).name for name in (*FILES, *version_info.INFO_FILES)} - {"saved_model.pb"}
    assert int(version.name) > 1_700_000_000
    assert artifacts["pushed_model"].get_string_custom_property("pushed_version") == version.name
    assert not (tmp_path / "file:").exists()


def test_a_version_tells_how_the_rows_of_its_newest_span_were_written(
    artifacts: dict[str, Any], tmp_path: Path
) -> None:
    run(artifacts, str(tmp_path / "models"))
    assert RowFormat.read(tmp_path / "models" / "1" / ROWS) == RowFormat(format="csv", dialect={"delimiter": "7"})


def test_an_archive_in_a_bucket(artifacts: dict[str, Any], tmp_path: Path) -> None:
    artifacts["pushed_model"].uri = f"file://{tmp_path}/pushed_model"
    run(artifacts, str(tmp_path / "models"))
    assert content(tmp_path / "models" / "1") == FILES
    metrics = version_info.read_metrics(tmp_path / "models" / "1")
    assert metrics is not None
    assert (metrics.candidate or {})["auc"] == 0.75

"""The whole Evaluator on rows that hold their models' scores."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from widedeep.components.features.spec import FeatureSpec


@dataclass
class Evaluated:
    """What an execution left."""

    results: Any
    blessing: Any
    folder: Path

    @property
    def files(self) -> set[str]:
        """Names of the blessing's files."""
        return {path.name for path in Path(self.blessing.uri).iterdir()}

    def json(self, name: str) -> Any:
        return json.loads(
            (self.folder / name).read_text(), parse_constant=lambda text: pytest.fail(f"{text} in {name}")
        )


class Evaluate:
    """Runs the executor."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs = folder, 0

    def __call__(
        self,
        spec: FeatureSpec,
        rows: dict[str, np.ndarray],
        options: dict[str, Any] | None = None,
        baseline: str | None = None,
        train: np.ndarray | None = None,
        record: dict[str, Any] | None = None,
        train_rows: dict[str, np.ndarray] | None = None,
    ) -> Evaluated:
        """Judges the model whose scores are the column `candidate`.

        Args:
            spec: with the label's and the weight's column, and features to slice by.
            rows: columns [n], scores also [n, classes]. NaN stands for a missing value.
            options: of the evaluation.
            baseline: the column of the last blessed model's scores.
            train: the labels that the candidate learned from; None: those of `rows`.
            record: what else its training left.
            train_rows: as `rows`, what simpler models learn from.
        """
        from tfx.dsl.components.base import base_beam_executor
        from tfx.types import standard_artifacts

        from widedeep.components import features
        from widedeep.components.evaluator import results
        from widedeep.components.evaluator.evaluation_options import EvaluationOptions
        from widedeep.components.evaluator.executor import Executor

        self.runs += 1
        base = self.folder / str(self.runs)
        inputs = {
            "examples": [self._examples(base, {"test": rows} | ({"train": train_rows} if train_rows else {}))],
            "schema": [self._schema(base, spec)],
        }
        inputs["model"] = [self._model(base / "candidate", 7, "candidate", rows["candidate"])]
        labels = rows[spec.label.key] if train is None else train
        inputs["model_run"] = [self._model_run(base / "run", spec, labels, record or {})]
        if baseline:
            inputs["baseline_model"] = [self._model(base / "baseline", 5, baseline, rows.get(baseline, np.ones(1)))]
        outputs = {"evaluation": standard_artifacts.ModelEvaluation(), "blessing": standard_artifacts.ModelBlessing()}
        for name, artifact in outputs.items():
            artifact.uri = str(base / name)
            Path(artifact.uri).mkdir()
        args = ["--direct_running_mode=in_memory", "--direct_num_workers=1", "--sdk_container_image=none"]
        context = base_beam_executor.BaseBeamExecutor.Context(
            beam_pipeline_args=args, tmp_dir=str(base / "tmp"), unique_id="1"
        )
        properties = {
            "features": features.to_json(spec),
            "options": EvaluationOptions.model_validate(options or {}).model_dump_json(),
            "code": "",
        }
        Executor(context).Do(inputs, {name: [output] for name, output in outputs.items()}, properties)
        uri = outputs["evaluation"].uri
        return Evaluated(results.read(uri), outputs["blessing"], Path(uri))

    def _examples(self, base: Path, splits: dict[str, dict[str, np.ndarray]]) -> Any:
        import tensorflow as tf
        from tfx.types import standard_artifacts

        artifact = standard_artifacts.Examples()
        artifact.uri, artifact.split_names = str(base / "examples"), json.dumps([*splits])
        artifact.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
        for name, rows in splits.items():
            split = base / "examples" / f"Split-{name}"
            split.mkdir(parents=True)
            with tf.io.TFRecordWriter(str(split / "data-00000.gz"), "GZIP") as writer:
                for values in zip(*rows.values(), strict=True):
                    writer.write(_example(dict(zip(rows, values, strict=True))))
        return artifact

    def _schema(self, base: Path, spec: FeatureSpec) -> Any:
        from google.protobuf import text_format
        from tfx.types import standard_artifacts

        from widedeep.components.features import schema

        artifact = standard_artifacts.Schema()
        artifact.uri = str(base / "schema")
        os.makedirs(artifact.uri)
        (base / "schema" / "schema.pbtxt").write_text(text_format.MessageToString(schema.derive(spec)))
        return artifact

    def _model_run(self, folder: Path, spec: FeatureSpec, labels: np.ndarray, record: dict[str, Any]) -> Any:
        from tfx.types import standard_artifacts

        from widedeep.components.trainer.model.label_rates import LabelSums
        from widedeep.components.trainer.training.training_record import RECORD, TrainingRecord

        artifact = standard_artifacts.ModelRun()
        artifact.uri = str(folder)
        sums = LabelSums(spec.label)
        sums.add(labels, np.ones(labels.size, np.float32))
        left = {"curve": [], "crosses": [], "wide": {"rows": 0, "nonzero": 0}, "base": None} | record
        TrainingRecord.model_validate({"label": sums.rates(), **left}).write(str(folder / RECORD))
        return artifact

    def _model(self, folder: Path, number: int, column: str, scores: np.ndarray) -> Any:
        import tensorflow as tf
        from tfx.types import standard_artifacts
        from tfx.utils import path_utils

        artifact = standard_artifacts.Model()
        artifact.uri, artifact.id = str(folder), number
        module = _served(column, 1 if scores.ndim == 1 else scores.shape[1])
        path = path_utils.serving_model_path(artifact.uri)
        tf.saved_model.save(module, path, signatures={"serving_default": module.serve})
        return artifact


def _served(column: str, outputs: int) -> Any:
    """A model whose scores stand in the examples, under the signature of our models."""
    import tensorflow as tf

    class Served(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(self, examples):
            parsed = tf.io.parse_example(examples, {column: tf.io.FixedLenFeature([outputs], tf.float32)})[column]
            score = parsed[:, 0] if outputs == 1 else parsed
            return {"score": score, "logit": -score}

    return Served()


def _example(values: dict[str, Any]) -> bytes:
    import tensorflow as tf

    made = tf.train.Example()
    for name, value in values.items():
        if isinstance(value, str):
            made.features.feature[name].bytes_list.value.append(value.encode())
        elif isinstance(value, np.integer):
            made.features.feature[name].int64_list.value.append(int(value))
        else:
            made.features.feature[name].float_list.value.extend(np.atleast_1d(value).tolist())
    return bytes(made.SerializeToString())


@pytest.fixture(scope="session")
def evaluate_in() -> type[Evaluate]:
    """Evaluates in a folder."""
    return Evaluate


@pytest.fixture
def evaluate(evaluate_in: type[Evaluate], tmp_path: Path) -> Evaluate:
    return evaluate_in(tmp_path)


@pytest.fixture(scope="session")
def declare() -> Any:
    """A declaration with some label, weights, and slices by city."""

    def call(**label: Any) -> FeatureSpec:
        city = {"key": "city", "kind": "categorical", "side": "context", "slice": True}
        city |= {"transform": {"hash": {"buckets": 9}}, "wide": True}
        # What is not sliced by is not read; a shared vocabulary has keys that must not be written out.
        item = {
            "key": "item",
            "kind": "categorical",
            "side": "candidate",
            "transform": {"vocabulary": {}},
            "wide": True,
        }
        seen = {
            "key": "seen",
            "kind": "set",
            "side": "context",
            "transform": {"vocabulary": {"of": "item"}},
            "wide": True,
        }
        declared = {"label": {"key": "y", **label}, "weight": "w", "features": [city, item, seen]}
        return FeatureSpec.model_validate(declared)

    return call

"""The whole Transform component's executor on files of raw examples, against the graph that it exports."""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from google.protobuf import text_format
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import json_utils

from widedeep.components import features
from widedeep.components.common.errors import DataError
from widedeep.components.features import schema
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.transform.executor import Executor

SPEC = FeatureSpec.model_validate(
    {
        "label": {"key": "y"},
        "weight": "w",
        "features": [
            {"key": key, "kind": kind, "side": "context", "transform": transform, "wide": True}
            for key, kind, transform in (
                ("city", "categorical", {"vocabulary": {}}),
                ("home", "categorical", {"vocabulary": {"of": "city"}}),
                ("zip", "categorical", {"hash": {"buckets": "auto"}}),
                ("tags", "set", {"hash": {"buckets": 9}}),
                ("age", "numeric", {"quantile_cdf": {"quantiles": 4}}),
                ("pay", "numeric", {"buckets": {"boundaries": [0, 10]}}),
            )
        ]
        + [
            {"key": "size", "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}},
            # What is learned of it is learned in two passes.
            {
                "key": "sum",
                "kind": "numeric",
                "bits": 64,
                "side": "context",
                "transform": {"quantile_cdf": {"quantiles": 4}},
                "deep": {},
            },
            {
                "key": "at",
                "kind": "time",
                "side": "context",
                "wide": True,
                "parts": {
                    "hour": {},
                    "age": {"since": "out", "transform": {"quantile_cdf": {"quantiles": 4}}, "deep": {}},
                },
            },
            {"key": "out", "kind": "time", "side": "candidate"},
        ],
        "crosses": [{"keys": ["city", "tags"], "buckets": 100}, {"keys": ["home", "at_hour"], "buckets": "auto"}],
    }
)


def example(number: int) -> bytes:
    """Every feature is missing somewhere; the label is the row's number, by which it is known again."""
    values: dict[str, list[Any]] = {
        "city": [f"city{number % 3}"],
        "home": [f"city{number % 4}"],
        "zip": [f"{number % 7}"],
        "tags": [f"t{tag}" for tag in range(number % 4)],
        "age": [float(number)],
        "pay": [float(number % 20)],
        "size": [number / 2],
        "sum": [float(number)],
        "at": [float(3600 * number)],
        "out": [float(number)],
        "y": [number],
        "w": [1.0],
    }
    made = tf.train.Example()
    for place, (key, given) in enumerate(values.items()):
        if not given or (key not in ("y", "w") and number % 11 == place):
            continue
        if isinstance(given[0], str):
            made.features.feature[key].bytes_list.value.extend(value.encode() for value in given)
        elif key == "y":
            made.features.feature[key].int64_list.value.extend(given)
        else:
            made.features.feature[key].float_list.value.extend(given)
    return bytes(made.SerializeToString())


# Of each kind one that is learned; what is learned in two passes can't be kept.
IN_ONE_PASS = FeatureSpec(
    label=SPEC.label,
    weight=SPEC.weight,
    features=tuple(feature for feature in SPEC.features if feature.key in ("city", "zip", "age", "size")),
)


class Transform:
    """Runs the executor."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs = folder, 0

    def span(self, name: str, splits: dict[str, list[list[bytes]]]) -> Any:
        """Examples of the files of each split."""
        artifact = standard_artifacts.Examples()
        artifact.uri, artifact.split_names = str(self.folder / name), artifact_utils.encode_split_names(list(splits))
        for split, files in splits.items():
            folder = self.folder / name / f"Split-{split}"
            folder.mkdir(parents=True)
            for number, rows in enumerate(files):
                with tf.io.TFRecordWriter(str(folder / f"data-{number}.gz"), "GZIP") as writer:
                    for row in rows:
                        writer.write(row)
        return artifact

    def __call__(
        self, *spans: Any, known: Any = None, window: bool = False, spec: FeatureSpec = SPEC
    ) -> dict[str, Any]:
        self.runs += 1
        base = self.folder / f"run{self.runs}"
        declared = standard_artifacts.Schema()
        declared.uri = str(base / "schema")
        Path(declared.uri).mkdir(parents=True)
        Path(declared.uri, "schema.pbtxt").write_text(text_format.MessageToString(schema.derive(spec)))
        outputs: dict[str, Any] = {
            "transform_graph": [standard_artifacts.TransformGraph()],
            "transformed_examples": [standard_artifacts.Examples()],
        }
        if window:
            outputs["updated_analyzer_cache"] = [standard_artifacts.TransformCache()]
        for name, [artifact] in outputs.items():
            artifact.uri = str(base / name)
        inputs = {"examples": list(spans), "schema": [declared], "analyzer_cache": [known] if known else []}
        properties = {"custom_config": json_utils.dumps({"features": features.to_json(spec), "code": ""})}
        args = ["--direct_running_mode=in_memory", "--direct_num_workers=1", "--sdk_container_image=none"]
        context = base_beam_executor.BaseBeamExecutor.Context(
            beam_pipeline_args=args, tmp_dir=str(base / "tmp"), unique_id="1"
        )
        Executor(context).Do(inputs, outputs, properties)
        return outputs


def written(artifact: Any, split: str) -> list[dict[str, list[Any]]]:
    files = sorted(Path(artifact_utils.get_split_uri([artifact], split)).iterdir())
    return [
        plain(tf.train.Example.FromString(record))
        for path in files
        for record in tf.data.TFRecordDataset(str(path), "GZIP").as_numpy_iterator()
    ]


def plain(made: tf.train.Example) -> dict[str, list[Any]]:
    columns = {}
    for key, feature in made.features.feature.items():
        columns[key] = [*feature.int64_list.value, *feature.float_list.value]
    return {key: values for key, values in columns.items() if values}


def by_graph(graph: Any, rows: list[bytes]) -> list[dict[str, list[Any]]]:
    """What the exported graph makes of the rows, one at a time."""
    output = tft.TFTransformOutput(graph.uri)
    loaded, parsing = tf.saved_model.load(output.transform_savedmodel_dir), output.raw_feature_spec()
    examples = []
    for row in rows:
        made = loaded.transform_fn(tf.io.parse_example(tf.constant([row]), parsing))
        values = {key: getattr(tensor, "values", tensor).numpy().ravel().tolist() for key, tensor in made.items()}
        examples.append({key: value for key, value in values.items() if value})
    return examples


@pytest.fixture(scope="module")
def transform(tmp_path_factory: pytest.TempPathFactory) -> Transform:
    return Transform(tmp_path_factory.mktemp("transform"))


ROWS = [example(number) for number in range(120)]


def vocabulary(graph: Any) -> list[str]:
    lines = tft.TFTransformOutput(graph.uri).vocabulary_by_name("city_vocabulary")
    return [base64.urlsafe_b64decode(line + b"=" * (-len(line) % 4)).decode() for line in lines]


def cities(rows: list[bytes]) -> Counter[str]:
    parsed = [tf.train.Example.FromString(row).features.feature for row in rows]
    return Counter(value.decode() for row in parsed if "city" in row for value in row["city"].bytes_list.value)


def test_every_row_of_every_file_goes_through_the_exported_graph(transform: Transform) -> None:
    """In order; an empty file stays one, and what is learned is learned of the split `train` alone."""
    only_test = tf.train.Example.FromString(ROWS[119])
    only_test.features.feature["city"].bytes_list.value[:] = [b"elsewhere"]
    splits = {"train": [ROWS[:50], [], ROWS[50:80]], "test": [[*ROWS[80:119], only_test.SerializeToString()]]}
    made = transform(transform.span("one", splits))
    [examples], [graph] = made["transformed_examples"], made["transform_graph"]
    assert artifact_utils.decode_split_names(examples.split_names) == ["train", "test"]
    for split, files in splits.items():
        rows = [row for rows in files for row in rows]
        examples_, expected = written(examples, split), by_graph(graph, rows)
        assert [row["y"] for row in examples_] == [row["y"] for row in expected]
        for example, other in zip(examples_, expected, strict=True):
            assert example.keys() == other.keys()
            for key, values in example.items():
                np.testing.assert_array_equal(np.float32(values), np.float32(other[key]), err_msg=key)
    names = sorted(path.name for path in Path(examples.uri, "Split-train").iterdir())
    assert names == [f"transformed_examples-0000{number}-of-00003.gz" for number in range(3)]
    # Of 80 rows, one in eleven without it, each quarter of the numbers is a quantile.
    quantile = {row["y"][0]: row["dense"][2] for row in written(examples, "train")}
    assert [quantile[number] for number in (0, 1, 30, 50, 78)] == pytest.approx([0, 0, 1 / 3, 2 / 3, 1])
    counts = cities(ROWS[:80])
    assert [counts[word] for word in vocabulary(graph)] == sorted(counts.values(), reverse=True)
    assert not Path(graph.uri, ".temp_path").exists()


def test_a_window_learns_of_all_its_spans_and_keeps_what_it_learned(transform: Transform, monkeypatch) -> None:
    """What was learned of a span is not learned again: its rows could be gone."""
    spans = [
        transform.span(f"span{number}", {"train": [ROWS[40 * number : 40 * (number + 1)]], "eval": [ROWS[:2]]})
        for number in range(3)
    ]
    first = transform(*spans[:2], window=True, spec=IN_ONE_PASS)
    assert [len(written(artifact, "train")) for artifact in first["transformed_examples"]] == [40, 40]
    [known] = first["updated_analyzer_cache"]
    read: list[str] = []
    from widedeep.components.transform import analysis

    def reading(files, *rest):
        read.extend(files)
        return original(files, *rest)

    original = analysis.ReadBatches
    monkeypatch.setattr(analysis, "ReadBatches", reading)
    second = transform(*spans[1:], known=known, window=True, spec=IN_ONE_PASS)
    assert [Path(path).parts[-3] for path in read] == ["span2"]
    counts = cities(ROWS[40:])
    assert [counts[word] for word in vocabulary(second["transform_graph"][0])] == sorted(counts.values(), reverse=True)
    assert [[row["y"][0] for row in written(artifact, "train")] for artifact in second["transformed_examples"]] == [
        list(range(40, 80)),
        list(range(80, 120)),
    ]


@pytest.mark.parametrize(
    ("window", "reader"),
    [(False, "Read/Decode"), (True, "Read[0]/Decode"), (True, "Read[1]/Decode"), (False, "Transform")],
)
def test_a_file_is_a_work_item_that_the_runner_spreads(
    transform: Transform, is_spread: Any, window: bool, reader: str
) -> None:
    """Where it is learned from, and where what was learned is applied."""
    spans = [transform.span(f"spread{transform.runs}-{number}", {"train": [ROWS[:2]]}) for number in range(1 + window)]
    assert is_spread(lambda: transform(*spans, window=window, spec=IN_ONE_PASS), reader)


def test_spans_of_different_splits_are_no_window(transform: Transform) -> None:
    spans = [
        transform.span("train_only", {"train": [ROWS[:2]]}),
        transform.span("both", {"train": [ROWS], "eval": [ROWS]}),
    ]
    with pytest.raises(DataError) as caught:
        transform(*spans, window=True)
    assert str(caught.value) == (
        f"the spans of the window have different splits: train in {spans[0].uri}, train, eval in {spans[1].uri}. "
        "Splits can change where a window begins."
    )


def test_a_split_without_files_is_told(transform: Transform) -> None:
    span = transform.span("empty", {"train": [ROWS[:2]], "eval": []})
    with pytest.raises(DataError) as caught:
        transform(span)
    assert str(caught.value) == f"the split 'eval' has no examples in {span.uri}/Split-eval."

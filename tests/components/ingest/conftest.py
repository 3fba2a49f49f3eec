"""A small declaration with a column of each kind, and the whole ExampleGen executor on real files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from widedeep.components.features import FeatureSpec


@pytest.fixture(scope="session")
def spec() -> FeatureSpec:
    """label, and a categorical, a set and a numeric feature."""
    shared = {"side": "context", "wide": True, "transform": {"hash": {"buckets": 9}}}
    return FeatureSpec.model_validate(
        {
            "label": {"key": "label"},
            "features": [
                {"key": "user", "kind": "categorical", **shared},
                {"key": "tags", "kind": "set", **shared},
                {"key": "age", "kind": "numeric", "side": "context", "transform": {"z_score": {}}, "deep": {}},
            ],
        }
    )


class Ingest:
    """Runs the executor and reads back what it wrote."""

    def __init__(self, folder: Path, spec: FeatureSpec) -> None:
        self.folder, self.spec, self.runs = folder, spec, 0

    def __call__(
        self,
        patterns: dict[str, str],
        buckets: dict[str, int] | None = None,
        file_format: str = "parquet",
        labelled: bool = True,
        **more: Any,
    ) -> dict[str, list[bytes]]:
        # Only here, since most tests of this folder need neither TFX nor Beam.
        from tfx.dsl.components.base import base_beam_executor
        from tfx.proto import example_gen_pb2
        from tfx.types import artifact_utils, standard_artifacts
        from tfx.utils import proto_utils

        from widedeep.components import features
        from widedeep.components.content.content_record import CONTENT, Content
        from widedeep.components.ingest.executor import Executor
        from widedeep.components.ingest.ingest_options import IngestOptions, as_custom_config

        self.runs += 1
        artifact = standard_artifacts.Examples()
        artifact.uri = str(self.folder / f"out{self.runs}")
        options = IngestOptions(features=features.to_json(self.spec), format=file_format, labelled=labelled, **more)
        read, written = example_gen_pb2.Input(), example_gen_pb2.Output()
        for name, pattern in patterns.items():
            read.splits.add(name=name, pattern=pattern)
        for name, share in (buckets or {}).items():
            written.split_config.splits.add(name=name, hash_buckets=share)
        properties: dict[str, Any] = {
            "input_base": str(self.folder / "in"),
            "input_config": proto_utils.proto_to_json(read),
            "output_config": proto_utils.proto_to_json(written),
            "custom_config": proto_utils.proto_to_json(as_custom_config(options)),
        }
        args = ["--direct_running_mode=in_memory", "--direct_num_workers=1", "--sdk_container_image=none"]
        context = base_beam_executor.BaseBeamExecutor.Context(
            beam_pipeline_args=args, tmp_dir=str(self.folder / "tmp"), unique_id="1"
        )
        Executor(context).Do({}, {"examples": [artifact]}, properties)
        self.content = Content.read(Path(artifact.uri) / CONTENT)
        self.files = {
            split: sorted(Path(artifact_utils.get_split_uri([artifact], split)).iterdir())
            for split in artifact_utils.decode_split_names(artifact.split_names)
        }
        return {split: [row for path in paths for row in self.records(path)] for split, paths in self.files.items()}

    def put(self, name: str, table: pa.Table) -> None:
        path = self.folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)

    @staticmethod
    def records(path: Path) -> list[bytes]:
        import tensorflow as tf

        return list(tf.data.TFRecordDataset(str(path), "GZIP").as_numpy_iterator())


@pytest.fixture
def ingest(tmp_path: Path, spec: FeatureSpec) -> Ingest:
    return Ingest(tmp_path, spec)

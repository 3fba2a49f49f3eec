"""Trains the wide-and-deep estimator without a pipeline: rows and a features.yaml in, a servable model out.

    python examples/train_estimator.py schema/census/features.yaml data/census work/census-model

The second argument is a folder with train/, eval/ and test/ of CSV files, as `widedeep data census` writes it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import apache_beam as beam
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.options.pipeline_options import PipelineOptions
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder
from tfx_bsl.tfxio.tf_example_record import TFExampleRecord

from widedeep.components import features
from widedeep.components.features.schema import derive
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.ingest import raw_files
from widedeep.components.ingest.example_shards import encode
from widedeep.components.trainer.estimator import WideDeepEstimator
from widedeep.components.trainer.training_options import TrainingOptions
from widedeep.components.transform.preprocessing import preprocessing_fn
from widedeep.pipeline.definition.beam_options import BeamOptions, beam_args

SPLITS = ("train", "eval", "test")


def train(declaration: Path, data: Path, model: Path) -> dict[str, float]:
    """Trains on `train`, watches `eval`, and returns the metrics on `test`."""
    spec = features.load(declaration)
    with tempfile.TemporaryDirectory() as folder:
        for split in SPLITS:
            write_examples(spec, sorted((data / split).glob("*.csv")), Path(folder, f"{split}.gz"))
        transform(spec, Path(folder))
        estimator = WideDeepEstimator(spec, tft.TFTransformOutput(f"{folder}/graph"), TrainingOptions(epochs=5))
        estimator.train([f"{folder}/transformed-train*"], [f"{folder}/transformed-eval*"])
        metrics = estimator.evaluate([f"{folder}/transformed-test*"])
        estimator.export(str(model))
    return metrics


def write_examples(spec: FeatureSpec, sources: list[Path], target: Path) -> None:
    """Reads and checks rows as the pipeline does, and writes them as tf.Examples."""
    with tf.io.TFRecordWriter(str(target), "GZIP") as writer:
        for source in sources:
            for batch in raw_files.read(str(source), "csv", spec):
                for example in encode(batch):
                    writer.write(example)


def transform(spec: FeatureSpec, folder: Path) -> None:
    """Learns vocabularies and quantiles from `train`, and applies them to every split."""

    def preprocess(inputs: dict[str, Any]) -> dict[str, Any]:
        return preprocessing_fn(inputs, {"features": features.to_json(spec)})

    schema = derive(spec)
    raw = {split: TFExampleRecord(str(folder / f"{split}.gz"), schema=schema) for split in SPLITS}
    options = PipelineOptions(beam_args(BeamOptions(), "csv", 0))
    with beam.Pipeline(options=options) as pipeline, tft_beam.Context(temp_dir=str(folder / "tmp")):
        rows = {split: pipeline | f"Read {split}" >> source.BeamSource() for split, source in raw.items()}
        graph = (rows["train"], raw["train"].TensorAdapterConfig()) | tft_beam.AnalyzeDataset(preprocess)
        graph | tft_beam.WriteTransformFn(str(folder / "graph"))
        for split in SPLITS:
            dataset = (rows[split], raw[split].TensorAdapterConfig()), graph
            transformed, _ = dataset | f"Transform {split}" >> tft_beam.TransformDataset(output_record_batches=True)
            (
                transformed
                | f"Encode {split}" >> beam.FlatMap(lambda batch: RecordBatchToExamplesEncoder().encode(batch[0]))
                | f"Write {split}"
                >> beam.io.WriteToTFRecord(str(folder / f"transformed-{split}"), file_name_suffix=".gz")
            )


if __name__ == "__main__":
    print(train(*map(Path, sys.argv[1:])))

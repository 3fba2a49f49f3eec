"""What came of a run: what `--json`, the table and the report show."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import Field, JsonValue

from widedeep.components.common.records import Number, Record
from widedeep.components.dryrun.dry_run_options import IMAGE
from widedeep.components.dryrun.dry_run_record import DryRunRecord
from widedeep.components.evaluator.measurement import ListCounts
from widedeep.components.evaluator.plots import Plots
from widedeep.components.evaluator.rails.rails_record import RailsRecord
from widedeep.components.evaluator.results import ModelIntervals, ModelMetrics
from widedeep.components.explain.importance_record import ImportanceRecord
from widedeep.components.trainer.training.cross_use import CrossUse
from widedeep.components.trainer.training.training_record import Epoch, WarmStart, WidePart
from widedeep.components.tuner.trials import Trials
from widedeep.pipeline.record.feature_profile import FeatureProfile


class NodeRecord(Record):
    """What became of one node of the pipeline."""

    id: str = Field(description="of the node")
    state: str = Field(description="COMPLETE, CACHED, SKIPPED or FAILED")
    seconds: float = Field(description="that it took")
    started: Number = Field(None, description="seconds after the run's first node; null in an older record")


class StrongWeight(Record):
    """One of the strongest wide weights."""

    name: str = Field(description="its feature or cross, and value, in words")
    weight: float = Field(description="its weight")
    support: int = Field(description="of the rows read, those that have it")
    label_rate: Number = Field(description="mean label of those rows")


class Intervals(Record):
    """Intervals of both models' metrics, and of the change from the baseline."""

    confidence: float | None = Field(None, description="of the intervals; null where there are none")
    whole: ModelIntervals = Field({}, description="on all rows")
    slices: dict[str, ModelIntervals] = Field({}, description="by slice")


class Summary(Record):
    """One finished run."""

    run_id: str = Field(description="the run, which names its folder too")
    pipeline: str = Field(description="name of the pipeline")
    settings: dict[str, JsonValue] = Field(
        {},
        description="every setting, defaults filled in; empty in an older record. What a search chose is in `tuning`",
    )
    declaration: dict[str, JsonValue] = Field(
        {}, description="the feature declaration, defaults filled in; empty in an older record"
    )
    components: list[NodeRecord] = Field(description="id, state and times of each node, in order")
    metrics: ModelMetrics = Field(description="of the candidate and, where there was one, the baseline")
    slices: dict[str, ModelMetrics] = Field(description="the same for each slice")
    blessed: bool = Field(description="whether the candidate passed every bound, and the dry run")
    refusals: list[str] = Field(description="where it did not, why: a sentence each")
    warnings: list[str] = Field(description="of the gate on data, a sentence each")
    notes: list[str] = Field([], description="of the gate on data, what is worth knowing, a sentence each")
    pushed_to: str | None = Field(description="the pushed version's folder; null where none was pushed")
    training: list[Epoch] = Field(description="loss and quality, an item an epoch")
    crosses: list[CrossUse] = Field(description="how full each cross is")
    wide: WidePart = Field(description="how many wide weights L1 left")
    base: WarmStart | None = Field(description="the model that the training started from; null in a cold start")
    log: str = Field(description="path of the log")
    report: str = Field(description="path of the report")
    tuning: Trials | None = Field(
        None, description="the search for the training's options, and its trials; null where there was none"
    )
    dry_run: DryRunRecord | None = Field(
        None,
        description="which server the candidate was tried in, and the checks; null where it was not tried, or by TFX's "
        "InfraValidator",
    )
    model: str | None = Field(None, description="the Trainer's output")
    features: list[FeatureProfile] = Field([], description="the data by feature, with its drift and skew")
    strongest: list[StrongWeight] = Field([], description="the strongest wide weights, the strongest first")
    strongest_rows: int | None = Field(
        None, description="rows trained on that their support was counted in; null in an older record"
    )
    all_rows_counted: bool = Field(False, description="whether these are all that the model was trained on")
    lineage: list[Annotated[tuple[str, str], Field(strict=False)]] = Field(
        [], description="pairs of label and text: what the model was made of"
    )
    training_note: str | None = Field(
        None, description="where the training was cut off while it still improved, what to do; else null"
    )
    split: str | None = Field(None, description="whose rows the metrics are of")
    unsettled: list[str] = Field([], description="warnings of the gate on quality, a sentence each")
    intervals: Intervals = Field(Intervals(), description="how sure the metrics are")
    lists: ListCounts | None = Field(
        None, description="of rows, that the metrics of lists are of; null where none were asked for"
    )
    rails: RailsRecord | None = Field(
        None, description="much simpler models beside the candidate; null where there are none, or none can be"
    )
    importance: ImportanceRecord | None = Field(
        None, description="how much the model relies on each feature; null where that was not asked for"
    )
    plots: Plots = Field(Plots(), description="what is drawn of candidate and baseline")
    superseded_by: str | None = Field(
        None,
        description="the folder of the version that servers take, where an earlier run pushed this one and another has "
        "been pushed since; else null",
    )

    @property
    def pushed_before(self) -> bool:
        """Whether an earlier run pushed it, and this one found that in its cache."""
        return any(node.id == "Pusher" and node.state == "CACHED" for node in self.components)

    @property
    def is_open(self) -> bool:
        """Whether there is no verdict: nothing speaks against the model but a dry run that the machine has spoilt."""
        return bool(self.dry_run and self.dry_run.is_open)

    @property
    def serve_command(self) -> tuple[str, ...]:
        """The command that serves the pushed model, a line each; empty where none was pushed."""
        if not self.pushed_to:
            return ()
        models = PurePosixPath(self.pushed_to).parent
        return (
            "docker run --rm --init -p 127.0.0.1:8500:8500 -p 127.0.0.1:8501:8501",
            f"-v {shlex.quote(f'{models}:/models/{self.pipeline}')}",
            f"-e {shlex.quote(f'MODEL_NAME={self.pipeline}')}",
            # A thread a request in flight; the server's own four a core lose requests (serving/tensorflow/README.md).
            f"{IMAGE} --grpc_max_threads=128",
        )

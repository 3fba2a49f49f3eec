"""What came of a run: what `--json`, the table and the report show."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from widedeep.components.dryrun.dry_run_options import IMAGE


@dataclass
class Summary:
    """One finished run.

    Attributes:
        run_id: the run, which names its folder too.
        pipeline: name of the pipeline.
        components: id, state and seconds of each node, in order.
        metrics: of the candidate and, where there was one, the baseline.
        slices: the same for each slice.
        blessed: whether the candidate passed every bound.
        refusals: where it did not, why.
        warnings: of the gate on data.
        pushed_to: the pushed version's folder, or null.
        superseded_by: the folder of the version that servers take, where an earlier run pushed this one and another has
            been pushed since; else null.
        training: loss and quality, a row an epoch.
        crosses: how full each cross is (see components/trainer/training/cross_use.py).
        wide: rows of the wide table, and the `nonzero` ones.
        base: the model that the training started from, its quality before the first step, and what was not taken
            over; null in a cold start.
        log: path of the log.
        report: path of the report.
        tuning: the search for the training's options, and its trials (see components/tuner/trials.py); null where
            there was none.
        dry_run: which server the candidate was tried in, and the checks (see components/dryrun/trial.py); null where
            it was not tried, or by TFX's InfraValidator.
        model: the Trainer's output.
        features: the data by feature, with its drift and skew (see pipeline/record/data_profile.py).
        strongest: the strongest wide weights in words (see pipeline/record/strongest_weights.py).
        lineage: pairs of label and text, what the model was made of.
        unsettled: warnings of the gate on quality.
        intervals: their `confidence`, and for the `whole` and each of the `slices` those of both models' metrics and of
            the change (see components/evaluator/results.py).
        plots: of candidate and baseline (see components/evaluator/statistics/curves.py).
    """

    run_id: str
    pipeline: str
    components: list[dict[str, Any]]
    metrics: Mapping[str, Mapping[str, float | None]]
    slices: Mapping[str, Mapping[str, Mapping[str, float | None]]]
    blessed: bool
    refusals: list[str]
    warnings: list[str]
    pushed_to: str | None
    training: list[dict[str, Any]]
    crosses: list[dict[str, Any]]
    wide: dict[str, int]
    base: dict[str, Any] | None
    log: str
    report: str
    tuning: dict[str, Any] | None = None
    dry_run: dict[str, Any] | None = None
    model: str | None = None
    features: list[dict[str, Any]] = field(default_factory=list)
    strongest: list[dict[str, Any]] = field(default_factory=list)
    lineage: list[tuple[str, str]] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    intervals: dict[str, Any] = field(default_factory=dict)
    plots: dict[str, Any] = field(default_factory=dict)
    superseded_by: str | None = None

    @property
    def pushed_before(self) -> bool:
        """Whether an earlier run pushed it, and this one found that in its cache."""
        return any(node.get("id") == "Pusher" and node.get("state") == "CACHED" for node in self.components)

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
            IMAGE,
        )

    def write(self, path: Path) -> None:
        """Writes the summary as JSON, in which a metric that is no number is null."""
        path.write_text(json.dumps(_finite(asdict(self)), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Summary:
        """The summary back from `write`."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

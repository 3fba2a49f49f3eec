"""What came of a run: what `--json`, the table and the report show."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


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
        training: loss and quality, a row an epoch.
        log: path of the log.
        report: path of the report.
    """

    run_id: str
    pipeline: str
    components: list[dict[str, Any]]
    metrics: dict[str, dict[str, float]]
    slices: dict[str, dict[str, dict[str, float]]]
    blessed: bool
    refusals: list[str]
    warnings: list[str]
    pushed_to: str | None
    training: list[dict[str, Any]]
    log: str
    report: str
    notes: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Writes the summary as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Summary:
        """The summary back from `write`."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))

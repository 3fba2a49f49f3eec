"""One scoring from the person's point of view: what is meant is checked at once, and the work can be watched."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from widedeep.components import features
from widedeep.components.common.errors import ConfigError
from widedeep.components.common.process import forked_worker
from widedeep.components.features.model_files import declaration
from widedeep.components.features.spec import FeatureSpec
from widedeep.components.scoring import score_columns
from widedeep.components.scoring.output import Output
from widedeep.components.scoring.rows.row_files import format_of, row_files
from widedeep.pipeline.batch_scores.model_folder import trained_form, version_folder
from widedeep.pipeline.batch_scores.score_options import ScoreOptions, as_trained
from widedeep.pipeline.definition.beam_options import beam_args, uses_processes
from widedeep.serving.literal_path import literal_path

if TYPE_CHECKING:
    from widedeep.components.scoring.job import Watch
    from widedeep.components.scoring.score_record import ScoreRecord

# Shares of the work where it goes to a cluster, whose workers nobody here counts.
_CLUSTER_SHARES = 32


@dataclass(frozen=True)
class ScoreRun:
    """What is to be scored.

    Attributes:
        model: folder of the pushed version.
        spec: its declaration.
        paths: the files of rows.
        file_format: of them.
        output: where the scores go.
        keep: raw columns that go with the scores.
        measure: whether the metrics are wanted.
        skip_bad: file of the rows that can't be scored; None: such a row ends the work.
        options: how rows are written, and how Beam runs.
        carried: of how they are written what is as in the files that the model was trained on.
    """

    model: Path
    spec: FeatureSpec
    paths: list[str]
    file_format: str
    output: Output
    keep: tuple[str, ...]
    measure: bool
    skip_bad: Path | None
    options: ScoreOptions
    carried: dict[str, Any]

    @classmethod
    def asked(
        cls,
        model: Path,
        data: Sequence[str],
        out: str,
        *,
        file_format: str | None = None,
        keep: Sequence[str] = (),
        measure: bool = False,
        skip_bad: Path | None = None,
        force: bool = False,
        options: ScoreOptions | None = None,
    ) -> ScoreRun:
        """What a person has asked for.

        Raises:
            ConfigError: the model, the rows or the output are none.
        """
        version = version_folder(model)
        spec = declaration(str(version))
        score_columns.names(spec.label, tuple(keep))
        output, paths = Output.named(out, force), row_files(data)
        if os.path.realpath(output.path) in map(os.path.realpath, paths):
            raise ConfigError(f"--out {out}: is among the rows that are to be scored. Name another file.")
        if skip_bad is not None and skip_bad.suffix != ".jsonl":
            raise ConfigError(f"--skip-bad {skip_bad}: a line of JSON a row is written there: name it .jsonl")
        options, trained, carried = options or ScoreOptions(), trained_form(version), {}
        file_format = file_format or format_of(paths, trained.format if trained else None)
        if trained and trained.format == file_format:
            before, options = options.data, as_trained(options, trained.dialect)
            carried = {name: value for name, value in options.data if value != getattr(before, name)}
        return cls(version, spec, paths, file_format, output, tuple(keep), measure, skip_bad, options, carried)

    def execute(self, watch: Watch) -> ScoreRecord:
        """Scores the rows. Where that ends early, by SIGTERM too, its job on a cluster is ended.

        Raises:
            DataError: a file or a row can't be used.
        """
        size = sum(_bytes(path) for path in self.paths)
        arguments = beam_args(self.options.beam, self.file_format, size)
        if uses_processes(arguments):
            forked_worker.server.start(["tensorflow"])
        # Meanwhile, since these import Beam.
        from widedeep.components.scoring.job import score_files
        from widedeep.components.scoring.work import Plan
        from widedeep.pipeline.launcher.cluster_jobs import JOB_NAME, job_name, none_left

        # Whoever asks for the same output again finds by it the job that a killed scoring has left.
        arguments.append(f"{JOB_NAME}{job_name(str(self.output.path), 'score', self.output.path.name)}")
        one_process = "--direct_running_mode=in_memory" in arguments
        is_local = self.options.beam.runner == "DirectRunner"
        cores = os.cpu_count() or 1
        shares = 1 if one_process else cores if is_local else _CLUSTER_SHARES
        with literal_path(self.model) as model:
            plan = Plan(
                model=str(model),
                spec=features.to_json(self.spec),
                file_format=self.file_format,
                dialect=self.options.data,
                keep=self.keep,
                measure=self.measure,
                leave_out=self.skip_bad is not None,
                threads=cores if one_process else 1,
                folder="",
            )
            parts = math.ceil(shares / len(self.paths))
            return score_files(
                plan, self.paths, parts, self.output, self.skip_bad, arguments, watch, none_left(arguments)
            )


def _bytes(path: str) -> int:
    if "://" not in path:
        return os.path.getsize(path)
    import tensorflow as tf

    return int(tf.io.gfile.stat(path).length)

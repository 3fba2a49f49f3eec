"""Where scores go: a file, or a folder of shards, which is there whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from widedeep.components.common.errors import ConfigError, DataError, WideDeepError, reason
from widedeep.components.scoring.output_tables import WRITERS
from widedeep.components.scoring.segments import Segment

# Of a shard at most, each some 33,000 rows: a million.
_SHARD_SEGMENTS = 32


@dataclass(frozen=True)
class Output:
    """Where scores go.

    Attributes:
        path: of the file or folder.
        ending: of the files: what they are.
        is_folder: whether it is a folder of shards.
    """

    path: Path
    ending: str
    is_folder: bool

    @classmethod
    def named(cls, name: str, force: bool) -> Output:
        """What a person has named: a file, or with a slash at its end a folder.

        Args:
            name: its ending says the format; a folder without one has Parquet.
            force: whether what is there may be replaced.

        Raises:
            ConfigError: no such file can be written, or it is there already.
        """
        path, is_folder = Path(name), name.endswith("/") or os.path.isdir(name)
        ending = path.suffix.lower() or (".parquet" if is_folder else "")
        if "://" in name:
            raise ConfigError(f"--out {name}: is no path here: write into a folder that all workers see.")
        if ending not in WRITERS:
            what = f"ends in {ending}" if ending else "has no ending"
            raise ConfigError(
                f"--out {name}: {what}, and the ending says what is written: {', '.join(WRITERS)}; with a slash "
                "behind it a folder of shards."
            )
        if path.exists() and not force:
            raise ConfigError(f"--out {name}: is there already. Name another one, or replace it: --force")
        if not path.absolute().parent.is_dir():
            raise ConfigError(f"--out {name}: there is no folder {path.absolute().parent}. Make it first.")
        return cls(path.absolute(), ending, is_folder)

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """A folder beside it for what is written on the way, which goes with the context.

        What a killed process has left there goes first.

        Raises:
            ConfigError: it can't be made.
            WideDeepError: another process is writing the same output.
        """
        folder = self.path.with_name(f".{self.path.name}.draft")
        try:
            folder.mkdir(exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY)
        except OSError as error:
            raise ConfigError(f"--out {self.path}: can't be written: {error.strerror or reason(error)}.") from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WideDeepError(f"--out {self.path}: another process is writing it. Wait for it.") from None
            _empty(folder)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)

    def write(self, segments: Sequence[Segment], draft: Path, watch: Callable[[int], None]) -> None:
        """Puts segments together, and then in the place of what was there.

        Args:
            segments: in order.
            draft: folder for what is half done.
            watch: is told how many rows have been written.

        Raises:
            DataError: the format can't hold a column, or files hold columns that don't go together.
        """
        schema = _common(segments)
        made = draft / f"whole{self.ending}"
        rows = 0
        if self.is_folder:
            made.mkdir()
        for number, shard in enumerate(self._shards(segments)):
            target = made / f"part-{number:05d}{self.ending}" if self.is_folder else made
            with WRITERS[self.ending](target, schema) as writer:
                for segment in shard:
                    for batch in segment.batches():
                        writer.write(_as(batch, schema))
                    rows += segment.rows
                    watch(rows)
        self._put(made, draft)

    def _shards(self, segments: Sequence[Segment]) -> Iterator[Sequence[Segment]]:
        """Those of a file, and not too many, in one."""
        if not self.is_folder:
            yield segments
            return
        for _, of_file in itertools.groupby(segments, lambda segment: segment.file):
            some = list(of_file)
            yield from (some[start : start + _SHARD_SEGMENTS] for start in range(0, len(some), _SHARD_SEGMENTS))

    def _put(self, made: Path, draft: Path) -> None:
        if self.path.is_dir():
            os.rename(self.path, draft / "before")
        elif self.is_folder:
            self.path.unlink(missing_ok=True)
        os.replace(made, self.path)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


def _common(segments: Sequence[Segment]) -> pa.Schema:
    try:
        return pa.unify_schemas([segment.schema for segment in segments], promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(f"--keep: a column is of types that don't go together: {reason(error)}.") from None


def _as(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    if batch.schema == schema:
        return batch
    return pa.RecordBatch.from_arrays([batch.column(field.name).cast(field.type) for field in schema], schema=schema)

"""What tells the contents of an ExampleGen's files, or the rows of its queries, for the cache key."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence

from tfx.components.example_gen import input_processor
from tfx.proto import example_gen_pb2, range_config_pb2

from widedeep.components.common.digests.file_digests import content_digests
from widedeep.components.ingest.paths import matching_files
from widedeep.components.ingest.splitting.split_files import query_name
from widedeep.components.ingest.sql.query_rows import rows_digest
from widedeep.components.ingest.wanted_columns import Query


class Files(input_processor.FileBasedInputProcessor):
    """TFX's, whose own fingerprint is of sizes and times, which stay the same where a tool restores them."""

    def __init__(
        self,
        base: str,
        splits: list[example_gen_pb2.Input.Split],
        range_config: range_config_pb2.RangeConfig | None,
        kept_in: str,
    ) -> None:
        super().__init__(base, splits, range_config)
        self._base, self._kept_in = base, kept_in

    def get_input_fingerprint(self, span: int, version: int | None) -> str:
        """Of the names and contents of each split's files."""
        fingerprints = []
        for split in self._splits:
            pattern = self.get_pattern_for_span_version(split.pattern, span, version)
            paths = matching_files(os.path.join(self._base, pattern))
            digest = hashlib.sha256()
            for path, content in zip(paths, content_digests(paths, self._kept_in), strict=True):
                digest.update(f"{os.path.relpath(path, self._base)}\0{content}\n".encode("utf-8", "surrogateescape"))
            fingerprints.append(f"split:{split.name},num_files:{len(paths)},sha256:{digest.hexdigest()}")
        return "\n".join(fingerprints)


class Queries(input_processor.QueryBasedInputProcessor):
    """Queries, whose rows are read for it: a database has nothing that says since when they are as they are."""

    def __init__(self, splits: Sequence[example_gen_pb2.Input.Split], connection: str) -> None:
        super().__init__(splits)
        self._connection = connection

    def resolve_span_and_version(self) -> tuple[int, int | None]:
        """None: a query has no spans."""
        return 0, None

    def get_pattern_for_span_version(self, pattern: str, span: int, version: int | None) -> str:  # noqa: ARG002
        """The query as it is."""
        return pattern

    def get_input_fingerprint(self, span: int, version: int | None) -> str:  # noqa: ARG002
        """Of the rows of each split's query."""
        return "\n".join(
            f"split:{split.name},rows:{rows_digest(query_name(split.name), Query(split.pattern, self._connection))}"
            for split in self._splits
        )


def digests_in(fingerprint: str) -> dict[str, str]:
    """The digests of the queries' rows, by split, in what `Queries` gave."""
    return dict(re.findall(r"^split:(.*),rows:(.*)$", fingerprint, re.MULTILINE))

"""Before ExampleGen runs: the span that is read, and a fingerprint of its files' contents for the cache key."""

from __future__ import annotations

import hashlib
import os

from tfx.components.example_gen import driver, input_processor
from tfx.orchestration.portable import data_types
from tfx.proto import example_gen_pb2, range_config_pb2
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import standard_component_specs

from widedeep.components.common.file_digests import content_digests
from widedeep.components.ingest.paths import matching_files

DIGESTS = "file_digests.json"


class _Files(input_processor.FileBasedInputProcessor):
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


class Driver(driver.FileBasedDriver):
    """TFX's, but for the fingerprint."""

    _kept_in = ""

    def get_input_processor(
        self,
        splits: list[example_gen_pb2.Input.Split],
        range_config: range_config_pb2.RangeConfig | None = None,
        input_base_uri: str | None = None,
    ) -> _Files:
        """Finds the files."""
        assert input_base_uri is not None
        return _Files(input_base_uri, splits, range_config, self._kept_in)

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Fills in the span, its version and the fingerprint.

        Raises:
            ConfigError: a pattern matches no file.
        """
        [examples] = execution_info.output_dict[standard_component_specs.EXAMPLES_KEY]
        # TFX's folders are ROOT/NODE/OUTPUT/EXECUTION.
        self._kept_in = os.path.join(os.path.dirname(os.path.dirname(examples.uri)), DIGESTS)
        return super().run(execution_info)

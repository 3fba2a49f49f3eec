"""Before ExampleGen runs: the span that is read, and a fingerprint of what is read for the cache key."""

from __future__ import annotations

import os

from tfx.components.example_gen import driver, input_processor
from tfx.orchestration.portable import data_types
from tfx.proto import example_gen_pb2, range_config_pb2
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import standard_component_specs

from widedeep.components.ingest.ingest_options import told_options
from widedeep.components.ingest.splitting.fingerprints import Files, Queries

DIGESTS = "file_digests.json"


class Driver(driver.FileBasedDriver):
    """TFX's, but for the fingerprint."""

    _kept_in = ""
    _connection = ""

    def get_input_processor(
        self,
        splits: list[example_gen_pb2.Input.Split],
        range_config: range_config_pb2.RangeConfig | None = None,
        input_base_uri: str | None = None,
    ) -> input_processor.InputProcessor:
        """Finds the files, or the queries' rows."""
        if self._connection:
            return Queries(splits, self._connection)
        assert input_base_uri is not None
        return Files(input_base_uri, splits, range_config, self._kept_in)

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Fills in the span, its version and the fingerprint.

        Raises:
            ConfigError: a pattern matches no file, or a database's address is not in the environment.
            DataError: a database refuses a query.
        """
        [examples] = execution_info.output_dict[standard_component_specs.EXAMPLES_KEY]
        # TFX's folders are ROOT/NODE/OUTPUT/EXECUTION.
        self._kept_in = os.path.join(os.path.dirname(os.path.dirname(examples.uri)), DIGESTS)
        if standard_component_specs.CUSTOM_CONFIG_KEY in execution_info.exec_properties:
            self._connection = told_options(execution_info.exec_properties).connection
        return super().run(execution_info)

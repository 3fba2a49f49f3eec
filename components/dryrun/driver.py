"""Before a dry run: whether its outcome may come from the cache.

What a machine is blamed for (a server that did not come up, a slow answer) says nothing of the model, and must not be
said again of a machine that has recovered. The number of such outcomes becomes a part of the cache key: after one the
next run asks anew, and a verdict on the model, once there is one, stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tfx.dsl.components.base import base_driver
from tfx.orchestration.portable import base_driver as portable_driver
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import artifact

from widedeep.components.metadata.lineage import infra_refusals, machine_faults
from widedeep.components.metadata.store import Store

FAULTS = "machine_faults"


class Driver(portable_driver.BaseDriver, base_driver.BaseDriver):
    """Counts the dry runs that a fault of the machine has ended. (TFX checks for the older of its two base classes.)"""

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Adds their number to the execution's properties."""
        output = driver_output_pb2.DriverOutput()
        with self._mlmd_connection as metadata:
            output.exec_properties[FAULTS].int_value = self._count(metadata.store, execution_info)
        return output

    def _count(self, store: Store, execution_info: data_types.ExecutionInfo) -> int:
        return machine_faults(store, dry_run_key(execution_info.input_dict, execution_info.exec_properties))


class InfraValidatorDriver(Driver):
    """The same for TFX's InfraValidator, which does not say why: it judges how the model is served, not its scores."""

    def _count(self, store: Store, execution_info: data_types.ExecutionInfo) -> int:
        [model] = execution_info.input_dict["model"]
        return infra_refusals(store, model.id)


def dry_run_key(inputs: Mapping[str, Sequence[artifact.Artifact]], properties: Mapping[str, Any]) -> str:
    """What a dry run tries: equal for the same artifacts and settings, however often it has been tried.

    Args:
        inputs: of the execution.
        properties: of the execution.
    """
    ids = {key: sorted(each.id for each in artifacts) for key, artifacts in inputs.items()}
    settings = {key: value for key, value in properties.items() if key != FAULTS}
    return hashlib.sha256(json.dumps([ids, settings], sort_keys=True).encode()).hexdigest()[:16]

"""A node's process around its turn: wrong settings are found once, whatever Kubeflow tries again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2

from widedeep.components.common.errors import ConfigError, DataError
from widedeep.components.metadata.executions import Node
from widedeep.pipeline.kubeflow.step.run_node import _once

Execution = metadata_store_pb2.Execution
NODE = Node("p", "r1", "A")


def attempt(database: Any, execute: Callable[..., int], error: Exception) -> None:
    """An attempt that comes to do something, and fails."""
    with _once(NODE, database):
        execute("r1", "A", Execution.FAILED)
        raise error


def test_wrong_settings_are_found_once(database: Any, store: Any, execute: Callable[..., int]) -> None:
    with pytest.raises(ConfigError, match=r"^training\.stop_on is wrong\.$"):
        attempt(database, execute, ConfigError("training.stop_on is wrong."))
    with pytest.raises(ConfigError) as caught:
        attempt(database, execute, AssertionError("it ran again"))
    assert str(caught.value) == (
        "A: an earlier attempt in run r1 ended with wrong settings, which no other attempt mends; nothing runs. "
        "training.stop_on is wrong. Mend them and start another run."
    )
    assert len(NODE.executions(store)) == 1


def test_an_error_inside_of_another_counts_too(database: Any, execute: Callable[..., int]) -> None:
    outer = RuntimeError("in a bundle")
    outer.__cause__ = ConfigError("wrong")
    with pytest.raises(RuntimeError):
        attempt(database, execute, outer)
    with pytest.raises(ConfigError, match=r"nothing runs\. wrong Mend them"):
        attempt(database, execute, AssertionError("it ran again"))


@pytest.mark.parametrize("error", [DataError("one row"), OSError("disk full"), KeyError("x")])
def test_what_may_pass_is_tried_again(database: Any, store: Any, execute: Callable[..., int], error: Exception) -> None:
    for number in (1, 2):
        with pytest.raises(type(error)):
            attempt(database, execute, error)
        assert len(NODE.executions(store)) == number

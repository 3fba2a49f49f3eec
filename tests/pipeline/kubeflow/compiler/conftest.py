"""KFP at the speed that it has outside of tests."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from kfp.dsl import pipeline_task

# The caller's name, in the place where `inspect.stack` has it.
CALLER = (None, None, None, "a setting of a task")


@pytest.fixture(autouse=True)
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a name in an error that KFP never raises here, each setting of a task has all frames looked up among all
    modules: with pytest's frames that is nine tenths of a compilation."""
    monkeypatch.setattr(pipeline_task, "inspect", SimpleNamespace(stack=lambda: [None, CALLER]))

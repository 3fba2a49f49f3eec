"""Pusher: TFX's, with a push that is atomic."""

from __future__ import annotations

from tfx.components.pusher import component
from tfx.dsl.components.base import executor_spec

from components.pusher.executor import Executor


class Pusher(component.Pusher):
    """Pushes a blessed model to a folder that servers poll."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

"""Calls of the cluster's API that bear a moment in which it does not answer: the pods train on meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from kubernetes import client
from urllib3.exceptions import HTTPError

from widedeep.components.common.errors import reason
from widedeep.pipeline.kubeflow.check.job_run import LIMITS

# Seconds for an API server to come back: as long as for the metadata's database.
PATIENCE = 300.0
# On the way out: a step that was told to end is killed soon.
LEAVING = 12.0
LIMITS_LEAVING: dict[str, Any] = {"_request_timeout": (3, 4)}
PAUSE = 0.5
_LONGEST_PAUSE = 15.0
_TOO_MANY, _TOO_SLOW = 429, 408
_IS_THERE = 409


def api_client() -> Any:
    """Kubernetes' client, which tries nothing again by itself: urllib3 would, at once, and so in vain."""
    configuration = client.Configuration.get_default_copy()
    configuration.retries = False
    return client.ApiClient(configuration)


def patiently(call: Callable[..., Any], *arguments: Any, leaving: bool = False, **more: Any) -> Any:
    """Calls, and calls again after growing pauses while the cluster does not answer, or answers that it can't.

    Args:
        call: a method of Kubernetes' client.
        arguments: of the call.
        leaving: this is on the way out, where there is little time.
        more: of the call, by name.

    Returns:
        The answer. None where something was to be made and is there since an earlier try, whose answer was lost.

    Raises:
        ApiException: the cluster refuses, or could not for too long.
        HTTPError: it did not answer for too long.
    """
    patience, limits = (LEAVING, LIMITS_LEAVING) if leaving else (PATIENCE, LIMITS)
    end, pause, told = time.monotonic() + patience, PAUSE, False
    while True:
        try:
            return call(*arguments, **more, **limits)
        except (client.ApiException, HTTPError) as error:
            if told and getattr(error, "status", None) == _IS_THERE:
                return None
            left = end - time.monotonic()
            if left <= 0 or not _passes(error):
                raise
            if not told:
                logging.warning("The cluster does not answer (%s). Trying again for %.0f s.", said(error), left)
                told = True
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)


def said(error: Exception) -> str:
    """What an answer, or the lack of one, says."""
    return f"{error.status}: {reason(error.reason)}" if isinstance(error, client.ApiException) else reason(error)


def _passes(error: Exception) -> bool:
    if isinstance(error, client.ApiException):
        return (error.status or 0) >= 500 or error.status in (_TOO_MANY, _TOO_SLOW)
    return True

"""The Job of a training, taken away: one that an earlier attempt left, and one's own on the way out."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from kubernetes import client
from kubernetes import config as kubeconfig
from urllib3.exceptions import HTTPError

from widedeep.components.common.errors import WideDeepError
from widedeep.pipeline.kubeflow.workers.patience import api_client, patiently, said

_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
# Seconds between two looks at pods that end, and how many they have.
PAUSE = 2.0
_PATIENCE = 120.0


def own_namespace() -> str:
    """Of the pod that this process runs in."""
    return _NAMESPACE.read_text().strip()


def take_away_named(name: str) -> None:
    """Deletes the Job of a process of this pod that can't do so itself any more. What fails is told."""
    logging.warning("Deleting the Job %s of workers, whose Trainer was killed.", name)
    try:
        kubeconfig.load_incluster_config()
        take_away(client.BatchV1Api(api_client()), name, own_namespace())
    except (kubeconfig.ConfigException, OSError) as error:
        logging.warning("The Job %s may still run, as it could not be deleted: %s", name, error)


def take_away(jobs: Any, name: str, namespace: str) -> None:
    """Deletes the Job on the way out. Where that fails, the next attempt does, and why the step ends is still told."""
    try:
        _delete(jobs, name, namespace, leaving=True)
    except (client.ApiException, HTTPError) as error:
        logging.warning("The Job %s may still run, as it could not be deleted: %s", name, said(error))


def remove(jobs: Any, name: str, namespace: str) -> None:
    """Ends the Job of an attempt that was killed, and waits until its pods are gone: they would write, too."""
    deadline = time.monotonic() + _PATIENCE
    while _delete(jobs, name, namespace, how="Foreground"):
        if time.monotonic() > deadline:
            raise WideDeepError(
                f"the Job {name} of an earlier attempt does not end: "
                f"kubectl --namespace {namespace} describe job {name}"
            )
        time.sleep(PAUSE)


def _delete(jobs: Any, name: str, namespace: str, how: str = "Background", leaving: bool = False) -> bool:
    """Whether there was still one."""
    try:
        patiently(jobs.delete_namespaced_job, name, namespace, leaving=leaving, propagation_policy=how)
    except client.ApiException as error:
        if error.status != 404:
            raise
        return False
    return True

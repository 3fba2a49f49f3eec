"""The workers as pods: made by the step that waits for them, watched, and gone when it ends."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kubernetes import client
from kubernetes import config as kubeconfig
from urllib3.exceptions import HTTPError

from widedeep.components.common.errors import ConfigError, WideDeepError, reason
from widedeep.components.trainer.workers.mailbox import Mailbox
from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions
from widedeep.pipeline.kubeflow.check.job_run import LIMITS, NO_IMAGE
from widedeep.pipeline.kubeflow.workers import manifests
from widedeep.pipeline.kubeflow.workers.manifests import Step
from widedeep.pipeline.launcher.termination import termination_raises

_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_LINES = 30
# Seconds that the pods of an earlier attempt have to end.
_PATIENCE = 120.0


class JobTeam:
    """See Team: the pods of a Job."""

    pause = 2.0

    def __init__(self, name: str, namespace: str, workers: int) -> None:
        self._name, self._namespace, self._workers = name, namespace, workers
        self._jobs, self._core = client.BatchV1Api(), client.CoreV1Api()
        self._pods: dict[int, str] = {}

    def lost(self) -> dict[int, str]:
        """See Team."""
        # Before its pods: of a Job that has failed, one of them says so by then.
        conditions = self._status().conditions or []
        label = f"{manifests.JOB_NAME_LABEL}={self._name}"
        pods = self._core.list_namespaced_pod(self._namespace, label_selector=label, **LIMITS).items
        by_number = {int(pod.metadata.annotations[manifests.INDEX_LABEL]): pod for pod in pods}
        self._pods |= {number: pod.metadata.name for number, pod in by_number.items()}
        ends = {number: _how(pod) for number, pod in by_number.items()}
        lost = {number: how for number, how in ends.items() if how}
        failed = [condition for condition in conditions if condition.type == "Failed" and condition.status == "True"]
        if failed and not lost:
            why = reason(failed[0].message or failed[0].reason)
            lost = {
                number: f"is gone, and the Job has failed ({why})" for number in self._pods if number not in by_number
            }
            return lost or {0: f"was ended: the Job has failed ({why})"}
        return lost

    def is_done(self) -> bool:
        """See Team."""
        return int(self._status().succeeded or 0) == self._workers

    def last_words(self, worker: int) -> str:
        """See Team: they go with the pod, so they are written to the step's log."""
        pod = self._pods.get(worker)
        if pod is None:
            return "It had no pod."
        try:
            log = self._core.read_namespaced_pod_log(
                pod, self._namespace, container=manifests.CONTAINER, tail_lines=_LINES, **LIMITS
            )
        except (client.ApiException, HTTPError) as error:
            return f"The log of its pod, {pod}, can't be read: {reason(error)}."
        logging.error("The last lines of %s:\n%s", pod, log)
        return f"The last lines of its pod, {pod}, stand above, in the step's log."

    def _status(self) -> Any:
        return self._jobs.read_namespaced_job(self._name, self._namespace, **LIMITS).status


@contextmanager
def start_job(options: KubeflowOptions, mailbox: Mailbox, workers: int) -> Iterator[JobTeam]:
    """Makes the Job, and takes it away when the context ends, by SIGTERM too.

    Args:
        options: the cluster's settings.
        mailbox: in a folder that the pods see, too.
        workers: how many pods.

    Raises:
        ConfigError: there is no cluster around, or the step's account may not make Jobs.
        WideDeepError: the cluster does not do as asked, or an earlier attempt's Job does not end.
    """
    try:
        kubeconfig.load_incluster_config()
    except kubeconfig.ConfigException as error:
        raise ConfigError(
            f"training.workers is {workers}: a step makes a Job of them, and this one is not in a cluster: {error}"
        ) from None
    jobs, core, namespace = client.BatchV1Api(), client.CoreV1Api(), _NAMESPACE.read_text().strip()
    name = manifests.job_name(mailbox.folder)
    with _refusals(namespace), termination_raises():
        _remove(jobs, name, namespace)
        pod = core.read_namespaced_pod(os.environ["HOSTNAME"], namespace, **LIMITS)
        step = Step(pod.metadata.name, pod.metadata.uid, pod.spec.service_account_name)
        try:
            made = jobs.create_namespaced_job(
                namespace, manifests.job(options, mailbox.folder, workers, step), **LIMITS
            )
            core.create_namespaced_service(namespace, manifests.service(name, made.metadata.uid), **LIMITS)
            yield JobTeam(name, namespace, workers)
        finally:
            _delete(jobs, name, namespace)


@contextmanager
def _refusals(namespace: str) -> Iterator[None]:
    """What the cluster refuses, in words."""
    try:
        yield
    except client.ApiException as error:
        if error.status == 403:
            raise ConfigError(
                f"the step's account may not do what workers need: {_said(error)}. As an administrator: "
                f"kubectl --namespace {namespace} apply --kustomize kubeflow/workers"
            ) from None
        raise WideDeepError(f"the cluster answers {error.status} to the Trainer: {_said(error)}") from error
    except HTTPError as error:
        raise WideDeepError(f"the cluster does not answer the Trainer: {reason(error)}") from error


def _remove(jobs: Any, name: str, namespace: str) -> None:
    """Ends the Job of an attempt that was killed, and waits until its pods are gone: they would write, too."""
    deadline = time.monotonic() + _PATIENCE
    while _delete(jobs, name, namespace, "Foreground"):
        if time.monotonic() > deadline:
            raise WideDeepError(
                f"the Job {name} of an earlier attempt does not end: "
                f"kubectl --namespace {namespace} describe job {name}"
            )
        time.sleep(JobTeam.pause)


def _delete(jobs: Any, name: str, namespace: str, how: str = "Background") -> bool:
    """Whether there was still one."""
    try:
        jobs.delete_namespaced_job(name, namespace, propagation_policy=how, **LIMITS)
    except client.ApiException as error:
        if error.status != 404:
            raise
        return False
    return True


def _how(pod: Any) -> str | None:
    """How a pod ended that did not end well, or why it never will; None of others."""
    states = [status.state for status in pod.status.container_statuses or [] if status.state]
    for state in states:
        if state.waiting and state.waiting.reason in NO_IMAGE:
            return f"can't start, {reason(state.waiting.message or state.waiting.reason)}"
    # The cluster ends the others when one has failed: they are not to blame.
    if pod.status.phase != "Failed" or pod.metadata.deletion_timestamp:
        return None
    ends = [state.terminated for state in states if state.terminated]
    if ends and ends[0].reason == "OOMKilled":
        return "was killed, since it needed more memory than it has (OOMKilled): kubeflow.steps, Trainer, memory_limit"
    if pod.status.reason:
        return f"was ended by the cluster ({pod.status.reason})"
    return f"ended with {ends[0].exit_code}" if ends else "failed"


def _said(error: Any) -> str:
    try:
        return reason(json.loads(error.body)["message"])
    except (TypeError, ValueError, KeyError):
        return reason(error.reason)

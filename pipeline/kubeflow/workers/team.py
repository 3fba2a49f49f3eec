"""The workers as pods: made by the step that waits for them, watched, and gone when it ends."""

from __future__ import annotations

import json
import logging
import os
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
from widedeep.pipeline.kubeflow.check.job_run import NO_IMAGE
from widedeep.pipeline.kubeflow.workers import manifests, patience
from widedeep.pipeline.kubeflow.workers.manifests import Step
from widedeep.pipeline.kubeflow.workers.patience import api_client, patiently
from widedeep.pipeline.kubeflow.workers.removal import own_namespace, remove, take_away
from widedeep.pipeline.launcher.termination import termination_raises

_LINES = 30


class JobTeam:
    """See Team: the pods of a Job."""

    pause = 2.0

    def __init__(self, name: str, namespace: str, workers: int) -> None:
        self._name, self._namespace, self._workers = name, namespace, workers
        self._jobs, self._core = client.BatchV1Api(api_client()), client.CoreV1Api(api_client())
        self._pods: dict[int, str] = {}

    def lost(self) -> dict[int, str]:
        """See Team."""
        # Before its pods: of a Job that has failed, one of them says so by then.
        conditions = self._status().conditions or []
        label = f"{manifests.JOB_NAME_LABEL}={self._name}"
        pods = patiently(self._core.list_namespaced_pod, self._namespace, label_selector=label).items
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
            log = patiently(
                self._core.read_namespaced_pod_log,
                pod,
                self._namespace,
                leaving=True,
                container=manifests.CONTAINER,
                tail_lines=_LINES,
            )
        except (client.ApiException, HTTPError) as error:
            return f"The log of its pod, {pod}, can't be read: {reason(error)}."
        logging.error("The last lines of %s:\n%s", pod, log)
        return f"The last lines of its pod, {pod}, stand above, in the step's log."

    def _status(self) -> Any:
        return patiently(self._jobs.read_namespaced_job, self._name, self._namespace).status


@contextmanager
def start_job(options: KubeflowOptions, mailbox: Mailbox, workers: int, note: Path | None = None) -> Iterator[JobTeam]:
    """Makes the Job, and takes it away when the context ends, by SIGTERM too.

    Args:
        options: the cluster's settings.
        mailbox: in a folder that the pods see, too.
        workers: how many pods.
        note: file that gets the Job's name before it is made, for whoever outlives this process.

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
    jobs, core, namespace = client.BatchV1Api(api_client()), client.CoreV1Api(api_client()), own_namespace()
    name = manifests.job_name(mailbox.folder)
    with _refusals(namespace), termination_raises():
        remove(jobs, name, namespace)
        pod = patiently(core.read_namespaced_pod, os.environ["HOSTNAME"], namespace)
        step = Step(pod.metadata.name, pod.metadata.uid, pod.spec.service_account_name)
        if note is not None:
            note.write_text(name)
        try:
            body = manifests.job(options, mailbox.folder, workers, step)
            made = patiently(jobs.create_namespaced_job, namespace, body)
            # Ours, whose answer was lost: any other's was removed before.
            made = made or patiently(jobs.read_namespaced_job, name, namespace)
            patiently(core.create_namespaced_service, namespace, manifests.service(name, made.metadata.uid))
            yield JobTeam(name, namespace, workers)
        finally:
            take_away(jobs, name, namespace)


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
        raise WideDeepError(
            f"the cluster did not answer the Trainer for {patience.PATIENCE:.0f} s: {reason(error)}. "
            "The same command carries on from the last checkpoint."
        ) from error


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

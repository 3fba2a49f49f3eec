"""Runs the Job, and tells from its pod how far it came."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from kubernetes import client

from widedeep.components.common.errors import reason
from widedeep.pipeline.kubeflow.check.finding import Finding

# For the pod to be placed and its image to be pulled.
_PATIENCE = 300.0
_POLL = 2.0
# For one answer.
LIMITS: dict[str, Any] = {"_request_timeout": (5, 15)}
# What the kubelet says of an image that it can't have.
NO_IMAGE = {
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
}


def findings(manifest: dict[str, Any], namespace: str) -> Iterator[Finding]:
    """Makes the Job, waits for its pod, says what it found, and removes it.

    Args:
        manifest: the Job.
        namespace: where it runs.

    Raises:
        ApiException: the cluster refuses.
    """
    jobs, core = client.BatchV1Api(), client.CoreV1Api()
    name = jobs.create_namespaced_job(namespace, manifest, **LIMITS).metadata.name
    try:
        yield from _watch(core, name, manifest, namespace)
    finally:
        # It goes by itself after an hour.
        with suppress(client.ApiException):
            jobs.delete_namespaced_job(name, namespace, propagation_policy="Background", **LIMITS)


def _watch(core: Any, name: str, manifest: dict[str, Any], namespace: str) -> Iterator[Finding]:
    pod_spec = manifest["spec"]["template"]["spec"]
    image, account = pod_spec["containers"][0]["image"], pod_spec["serviceAccountName"]
    deadline = time.monotonic() + _PATIENCE
    while True:
        pods = core.list_namespaced_pod(namespace, label_selector=f"job-name={name}", **LIMITS).items
        state = _container_state(pods[0]) if pods else None
        if state is not None and state.terminated:
            yield Finding("image", f"{image} was pulled and runs")
            yield from _last_words(state.terminated, pods[0].metadata.name, namespace)
            return
        if state is not None and state.waiting and state.waiting.reason in NO_IMAGE:
            said = reason(state.waiting.message or state.waiting.reason)
            yield Finding("image", f"{image} can't be pulled: {said}", _image_remedy(image, account, namespace))
            return
        if time.monotonic() > deadline:
            yield _stuck(core, name, pods, namespace)
            return
        time.sleep(_POLL)


def _container_state(pod: Any) -> Any:
    statuses = pod.status.container_statuses or []
    return statuses[0].state if statuses else None


def _last_words(terminated: Any, pod: str, namespace: str) -> Iterator[Finding]:
    """What the container wrote before it ended."""
    try:
        yield from (Finding(**fields) for fields in json.loads(terminated.message))
    except (TypeError, ValueError):
        words = f"the pod ended with {terminated.exit_code} ({terminated.reason}) before it said anything"
        remedy = f"is it an image of this project? kubectl --namespace {namespace} logs {pod}"
        yield Finding("image", words, remedy)


def _image_remedy(image: str, account: str, namespace: str) -> str:
    return (
        f"docker push {image}\n"
        "or, where the registry asks for a password, with a Secret that holds it:\n"
        f"kubectl --namespace {namespace} patch serviceaccount {account} "
        '--patch \'{"imagePullSecrets": [{"name": "SECRET"}]}\''
    )


def _stuck(core: Any, name: str, pods: list[Any], namespace: str) -> Finding:
    """Why there is no pod, or none that runs."""
    minutes = f"after {_PATIENCE / 60:.0f} minutes"
    if not pods:
        events = core.list_namespaced_event(namespace, field_selector=f"involvedObject.name={name}", **LIMITS).items
        said = f": {reason(events[-1].message)}" if events else ""
        return Finding("pod", f"{minutes} there is none{said}", f"kubectl --namespace {namespace} describe job {name}")
    conditions = [
        condition for condition in pods[0].status.conditions or [] if condition.status == "False" and condition.message
    ]
    state = _container_state(pods[0])
    waiting = state.waiting.message or state.waiting.reason if state is not None and state.waiting else None
    why = waiting or (conditions[0].message if conditions else pods[0].status.phase)
    remedy = f"kubectl --namespace {namespace} get events --field-selector involvedObject.name={pods[0].metadata.name}"
    return Finding("pod", f"{minutes} it does not run: {reason(why)}", remedy)

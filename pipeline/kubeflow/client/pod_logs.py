"""Why a run failed, which Kubeflow Pipelines does not tell: the last lines of its pods that did."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from widedeep.components.common.errors import reason

LINES = 30
# Argo's name for the container of a step; a driver's has it too.
_CONTAINER = "main"
_MEMORY = "OOMKilled"


def tell(run_id: str, namespace: str) -> Iterator[str]:
    """Lines for a person: how to see the pods' logs, and where a kubeconfig is at hand the logs themselves.

    Args:
        run_id: Kubeflow's, the label of the pods.
        namespace: of the pods.
    """
    label = f"pipeline/runid={run_id}"
    yield "Why, the steps' pods say:"
    yield f"  kubectl logs -n {shlex.quote(namespace)} -l {label} -c {_CONTAINER} --tail={LINES} --prefix"
    yield from _logs(label, namespace)


def _logs(label: str, namespace: str) -> Iterator[str]:
    from kubernetes import client, config
    from urllib3 import Timeout
    from urllib3.exceptions import HTTPError

    try:
        config.load_kube_config()
    except config.ConfigException:
        return  # none is at hand
    api = client.CoreV1Api()
    # What is tried here in passing must not hang.
    limits: dict[str, Any] = {"_request_timeout": Timeout(connect=5, read=15)}
    try:
        pods = api.list_namespaced_pod(namespace, label_selector=label, **limits).items
        failed = [pod for pod in pods if pod.status.phase == "Failed"]
        for pod in failed:
            log = api.read_namespaced_pod_log(
                pod.metadata.name, namespace, container=_CONTAINER, tail_lines=LINES, _preload_content=False, **limits
            )
            yield f"{pod.metadata.name}:"
            yield from _ended(pod)
            yield from (f"  {line}" for line in log.data.decode(errors="replace").splitlines())
    except (client.ApiException, HTTPError) as error:
        yield f"They can't be read from here: {reason(error)}."
        return
    if not failed:
        yield "None of its pods has failed, or none is left: the cluster's events say more (kubectl get events)."


def _ended(pod: Any) -> Iterator[str]:
    """What the cluster has done to it, of which its own log can't tell."""
    if pod.status.reason:
        yield f"  {pod.status.reason}: {reason(pod.status.message or 'the cluster says no more')}."
    ends = [status.state.terminated for status in pod.status.container_statuses or [] if status.state]
    if any(end is not None and end.reason == _MEMORY for end in ends):
        yield (
            f"  {_MEMORY}: the whole container was killed, since it needed more memory than it has. Raise memory_limit "
            "of kubeflow.steps, or of kubeflow.resources, in pipeline.yaml, and compile again."
        )

"""Why a run failed, which Kubeflow Pipelines does not tell: the last lines of its pods that did."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from widedeep.components.common.errors import reason

LINES = 30
# Argo's name for the container of a step; a driver's has it too.
_CONTAINER = "main"


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
        failed = [pod.metadata.name for pod in pods if pod.status.phase == "Failed"]
        for name in failed:
            log = api.read_namespaced_pod_log(
                name, namespace, container=_CONTAINER, tail_lines=LINES, _preload_content=False, **limits
            )
            yield f"{name}:"
            yield from (f"  {line}" for line in log.data.decode(errors="replace").splitlines())
    except (client.ApiException, HTTPError) as error:
        yield f"They can't be read from here: {reason(error)}."
        return
    if not failed:
        yield "None of its pods has failed, or none is left: the cluster's events say more (kubectl get events)."

"""What the cluster has, asked of Kubernetes with the person's kubeconfig."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kubernetes import client
from kubernetes import config as kubeconfig
from urllib3.exceptions import HTTPError

from widedeep.components.common.errors import reason
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions
from widedeep.pipeline.kubeflow.check import job, job_run
from widedeep.pipeline.kubeflow.check.finding import Finding
from widedeep.pipeline.kubeflow.environment import CONNECTION_KEY, SECRET_KEYS


def findings(config: PipelineConfig, namespace: str, multi_user: bool | None) -> Iterator[Finding]:
    """The namespace, the Secrets, the claims, and what the Job sees.

    Args:
        config: the pipeline's settings.
        namespace: of the runs.
        multi_user: whether the server has many users; None where it did not say.
    """
    by_hand = f"widedeep kubeflow check PIPELINE.yaml --dry-run | kubectl --namespace {namespace} create --filename -"
    try:
        kubeconfig.load_kube_config()
    except kubeconfig.ConfigException as error:
        yield Finding("cluster", f"no kubeconfig leads there: {reason(error)}", f"where kubectl works: {by_hand}")
        return
    core = client.CoreV1Api()
    try:
        # Who may not look at namespaces may work in one all the same.
        if _read(lambda: core.read_namespace(namespace, **job_run.LIMITS)) is None:
            create = f"kubectl create namespace {namespace}"
            yield Finding("namespace", f"there is no namespace {namespace}", create)
            return
        yield from _secret(core, config.kubeflow.secret, SECRET_KEYS, namespace)
        if config.data.connection is not None:
            yield from _secret(core, config.kubeflow.data_secret, [CONNECTION_KEY], namespace)
        claims = _claims(core, config.kubeflow, namespace)
        yield from (finding for finding in claims.values() if finding)
        present = [name for name, finding in claims.items() if finding is None]
        made = job.manifest(config, namespace, multi_user, present)
        yield from job_run.findings(made, namespace)
        # A claim may be bound by its first pod.
        yield from (_bound(core, name, namespace) for name in present)
    except client.ApiException as error:
        words = f"the cluster answers {error.status}: {_said(error)}"
        yield Finding("cluster", words, f"kubectl --namespace {namespace} auth can-i --list")
    except HTTPError as error:
        yield Finding("cluster", f"the cluster does not answer: {reason(error)}", "kubectl cluster-info")


def _secret(core: Any, name: str, keys: Iterable[str], namespace: str) -> Iterator[Finding]:
    secret = _read(lambda: core.read_namespaced_secret(name, namespace, **job_run.LIMITS))
    given = " ".join(f"--from-literal={key}=..." for key in keys)
    create = f"kubectl --namespace {namespace} create secret generic {name} {given}"
    if secret is None:
        yield Finding("secret", f"there is no Secret {name} in namespace {namespace}", create)
    elif secret is not _UNSEEN:
        missing = [key for key in keys if not (secret.data or {}).get(key)]
        if missing:
            words = f"{name} has no {' and no '.join(missing)}"
            yield Finding("secret", words, f"kubectl --namespace {namespace} delete secret {name}\n{create}")
        else:
            yield Finding("secret", f"{name} has {', '.join(keys)}")


def _claims(core: Any, options: KubeflowOptions, namespace: str) -> dict[str, Finding | None]:
    """What is wrong with each claim before a pod mounts it."""
    return {claim: _absent(core, claim, namespace) for claim in (options.root.claim, options.models.claim)}


def _absent(core: Any, claim: str, namespace: str) -> Finding | None:
    if _claim(core, claim, namespace) is not None:
        return None
    words = f"there is no claim {claim} in namespace {namespace}"
    return Finding("claim", words, f"kubectl --namespace {namespace} apply --kustomize kubeflow/base")


def _claim(core: Any, claim: str, namespace: str) -> Any:
    return _read(lambda: core.read_namespaced_persistent_volume_claim(claim, namespace, **job_run.LIMITS))


def _bound(core: Any, claim: str, namespace: str) -> Finding:
    there = _claim(core, claim, namespace)
    if there is _UNSEEN or there is None:
        return Finding("claim", f"{claim} can't be looked at with this kubeconfig; the pod above tells")
    modes = there.spec.access_modes or []
    if there.status.phase != "Bound":
        words = (
            f"{claim} is {there.status.phase}, not bound: most often no storage class makes {', '.join(modes)} volumes"
        )
        return Finding("claim", words, f"kubectl --namespace {namespace} describe pvc {claim}")
    if "ReadWriteMany" not in modes:
        return Finding("claim", f"{claim} is bound, but {', '.join(modes)}: all steps must run on one node")
    return Finding("claim", f"{claim} is bound")


class _Unseen:
    pass


# What this person may not look at.
_UNSEEN = _Unseen()


def _read(question: Callable[[], Any]) -> Any:
    """An object; None where there is none."""
    try:
        return question()
    except client.ApiException as error:
        if error.status == 404:
            return None
        if error.status == 403:
            return _UNSEEN
        raise


def _said(error: Any) -> str:
    try:
        return reason(json.loads(error.body)["message"])
    except (TypeError, ValueError, KeyError):
        return reason(error.reason)

"""The Job that looks from inside: placed as a step is, with its image, user, volumes and Secret."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import yaml

from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.kubeflow import pod_security
from widedeep.pipeline.kubeflow.environment import ENVIRONMENT, SECRET_KEYS

# Where Kubeflow Pipelines runs alone.
NAMESPACE = "kubeflow"
# Where Kubernetes takes the last words of a container from.
LAST_WORDS = "/dev/termination-log"
_LABELS = {
    "app.kubernetes.io/part-of": "widedeep",
    # As the pods of every run: the database's network policy lets in these alone.
    "pipelines.kubeflow.org/v2_component": "true",
    # A side-car would run on after the Job, which then never ends.
    "sidecar.istio.io/inject": "false",
}
# Longer than nodes take to pull the image.
_SECONDS = 900


def as_yaml(manifest: dict[str, Any]) -> str:
    """As kubectl takes it."""
    return yaml.safe_dump(manifest, sort_keys=False)


def manifest(
    config: PipelineConfig, namespace: str, multi_user: bool | None, claims: Collection[str] | None = None
) -> dict[str, Any]:
    """The Job.

    Args:
        config: the pipeline's settings.
        namespace: of the runs.
        multi_user: whether the server has many users; None where it was not asked.
        claims: those that are there; None for all. A pod that mounts one that isn't would never start.
    """
    options = config.kubeflow
    volumes = {"root": options.root, "models": options.models}
    mounted = {name: volume for name, volume in volumes.items() if claims is None or volume.claim in claims}
    arguments = [
        f"--namespace={namespace}",
        f"--metadata={options.metadata}",
        *(f"--place={volume.path}/{config.name}" for volume in mounted.values()),
        f"--result={LAST_WORDS}",
    ]
    # Optional, so that the rest is looked at without it, too.
    secret = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": options.secret, "key": key, "optional": True}}}
        for key, name in SECRET_KEYS.items()
    ]
    container = {
        "name": "check",
        "image": options.image,
        "imagePullPolicy": options.pull,
        "command": ["python", "-m", "widedeep.pipeline.kubeflow.check.inside"],
        "args": arguments,
        "env": [*secret, *({"name": name, "value": value} for name, value in ENVIRONMENT.items())],
        "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "securityContext": dict(pod_security.CONTAINER),
        "volumeMounts": [{"name": name, "mountPath": volume.path} for name, volume in mounted.items()],
    }
    pod = {
        "restartPolicy": "Never",
        "serviceAccountName": service_account(namespace, multi_user),
        "automountServiceAccountToken": False,
        "securityContext": pod_security.of_pod(options.user),
        "containers": [container],
        "volumes": [
            {"name": name, "persistentVolumeClaim": {"claimName": volume.claim}} for name, volume in mounted.items()
        ],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"generateName": "widedeep-check-", "namespace": namespace, "labels": dict(_LABELS)},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": _SECONDS,
            "ttlSecondsAfterFinished": 3600,
            "template": {"metadata": {"labels": dict(_LABELS)}, "spec": pod},
        },
    }


def service_account(namespace: str, multi_user: bool | None) -> str:
    """As whom a run's pods work: its secrets are those that images are pulled with."""
    many = namespace != NAMESPACE if multi_user is None else multi_user
    return "default-editor" if many else "pipeline-runner"

"""The Job whose pods train together, and the Service that gives them names."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from widedeep.pipeline.definition.kubeflow_options import KubeflowOptions
from widedeep.pipeline.kubeflow import pod_security
from widedeep.pipeline.kubeflow.environment import ENVIRONMENT

# Where TensorFlow's server of each pod listens.
PORT = 2222
CONTAINER = "worker"
# What the network policy in kubeflow/workers selects.
LABEL = "widedeep-training"
JOB_NAME_LABEL = "batch.kubernetes.io/job-name"
INDEX_LABEL = "batch.kubernetes.io/job-completion-index"
_STEP = "Trainer"
_INDEX = "WORKER_INDEX"


@dataclass(frozen=True)
class Step:
    """The pod of the step that makes the Job."""

    name: str
    uid: str
    account: str


def job_name(folder: str) -> str:
    """The Job's name: the same for each attempt at a training, and no other's."""
    return f"widedeep-training-{hashlib.sha256(folder.encode()).hexdigest()[:10]}"


def job(options: KubeflowOptions, folder: str, workers: int, step: Step) -> dict[str, Any]:
    """The Job: pods as the Trainer's own step has one, which end with it.

    Args:
        options: the cluster's settings.
        folder: through which the step and the workers speak.
        workers: how many pods.
        step: owns it: the cluster removes the Job with that pod.
    """
    name = job_name(folder)
    labels = {"app.kubernetes.io/part-of": "widedeep", LABEL: name, "sidecar.istio.io/inject": "false"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "labels": labels,
            "ownerReferences": [_owner("v1", "Pod", step.name, step.uid)],
        },
        "spec": {
            "completionMode": "Indexed",
            "completions": workers,
            "parallelism": workers,
            # The model of those that are left can't go on: all start anew from the last checkpoint, or none.
            "backoffLimit": 0,
            "activeDeadlineSeconds": 60 * options.timeout_minutes,
            "ttlSecondsAfterFinished": 3600,
            "template": {"metadata": {"labels": labels}, "spec": _pod(options, name, folder, workers, step)},
        },
    }


def service(name: str, job_uid: str) -> dict[str, Any]:
    """The headless Service by which the pods of the Job have names from their start on; it goes with the Job."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "labels": {"app.kubernetes.io/part-of": "widedeep"},
            "ownerReferences": [_owner("batch/v1", "Job", name, job_uid)],
        },
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {JOB_NAME_LABEL: name},
            "ports": [{"name": "grpc", "port": PORT, "targetPort": PORT}],
        },
    }


def _pod(options: KubeflowOptions, name: str, folder: str, workers: int, step: Step) -> dict[str, Any]:
    resources = options.steps.get(_STEP, options.resources)
    limits: dict[str, Any] = {"cpu": resources.cpu_limit, "memory": resources.memory_limit}
    if resources.gpus:
        limits[resources.gpu_type] = str(resources.gpus)
    addresses = [f"{name}-{number}.{name}:{PORT}" for number in range(workers)]
    # The index is a number of JSON once Kubernetes has put it in.
    config = json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": "INDEX"}})
    index = {"fieldRef": {"fieldPath": f"metadata.annotations['{INDEX_LABEL}']"}}
    container = {
        "name": CONTAINER,
        "image": options.image,
        "imagePullPolicy": options.pull,
        "command": ["python", "-m", "widedeep.components.trainer.worker"],
        "args": [folder],
        "env": [
            {"name": _INDEX, "valueFrom": index},
            {"name": "TF_CONFIG", "value": config.replace('"INDEX"', f"$({_INDEX})")},
            *({"name": variable, "value": value} for variable, value in ENVIRONMENT.items()),
        ],
        "ports": [{"name": "grpc", "containerPort": PORT}],
        "resources": {"requests": {"cpu": resources.cpu, "memory": resources.memory}, "limits": limits},
        "securityContext": dict(pod_security.CONTAINER),
        "volumeMounts": [{"name": "root", "mountPath": options.root.path}],
    }
    return {
        "restartPolicy": "Never",
        "subdomain": name,
        "serviceAccountName": step.account,
        "automountServiceAccountToken": False,
        "securityContext": pod_security.of_pod(options.user),
        "containers": [container],
        "volumes": [{"name": "root", "persistentVolumeClaim": {"claimName": options.root.claim}}],
        "tolerations": [toleration.model_dump(exclude_none=True) for toleration in resources.tolerations],
        "nodeSelector": dict(resources.node_selector),
    }


def _owner(version: str, kind: str, name: str, uid: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "name": name, "uid": uid}

"""What a person may set about the cluster, under `kubeflow` in the pipeline's config.

The defaults are the names in kubeflow/base and the Dockerfile.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from widedeep.components.common.settings import Strict

Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|[KMGT]i?)?$")]
Path = Annotated[str, Field(pattern=r"^/")]


class Volume(Strict):
    """A claim on storage, which every step mounts."""

    claim: str
    path: Path = Field(description="where containers see it")


class Toleration(Strict):
    """A taint that a node of the cluster may have; as in Kubernetes."""

    key: str
    operator: Literal["Exists", "Equal"] = "Exists"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None


class Resources(Strict):
    """What a step's container asks for, and where it may run."""

    cpu: Quantity = Field("1", description="requested")
    cpu_limit: Quantity = "4"
    memory: Quantity = Field("2Gi", description="requested; a step takes 1 GB before it reads a row")
    memory_limit: Quantity = "8Gi"
    gpus: int = Field(0, ge=0)
    gpu_type: str = "nvidia.com/gpu"
    tolerations: tuple[Toleration, ...] = ()
    node_selector: dict[str, str] = {}


class Retries(Strict):
    """How often a failed step is started again, and after how long."""

    attempts: int = Field(2, ge=0)
    wait_seconds: int = Field(30, ge=0, description="before the first; each further one waits `factor` times as long")
    # Argo can't resolve a fraction, which it finds at the first failure.
    factor: int = Field(2, ge=1)


class KubeflowOptions(Strict):
    """How the pipeline runs on Kubeflow."""

    image: str = "widedeep-tfx:0.1.0"
    pull: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    pipeline: Path | None = Field(
        None, description="this file's path in the image; null: /opt/widedeep/schema, then its folder and name"
    )
    metadata: str = Field(
        "postgresql://widedeep-metadata:5432", description="the database; user, name and password are in the secret"
    )
    secret: str = Field("widedeep-metadata", description="holds username, password and database")
    root: Volume = Field(Volume(claim="widedeep-root", path="/mnt/widedeep"), description="artifacts and data")
    models: Volume = Field(Volume(claim="widedeep-models", path="/mnt/models"), description="pushed versions")
    resources: Resources = Field(Resources(), description="of every step")
    steps: dict[str, Resources] = Field({}, description="of some steps, by node: replaces `resources` there")
    retries: Retries = Retries()
    timeout_minutes: int = Field(720, ge=1, description="for one attempt of a step")
    user: int = Field(10001, ge=1, description="user and group of the containers; never root")

    @property
    def retry_seconds(self) -> int:
        """As long as all attempts and the waits between them may take, and a day in which no machine is free.

        Argo counts from the first attempt's start, then starts no other, and ends one that still runs.
        """
        waits = sum(self.retries.wait_seconds * int(self.retries.factor**n) for n in range(self.retries.attempts))
        return (self.retries.attempts + 1) * 60 * self.timeout_minutes + waits + 24 * 3600

"""What a person may set about the cluster, under `kubeflow` in the pipeline's config.

The defaults are the names in kubeflow/base and the Dockerfile.
"""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from widedeep.components.common.settings import Strict

Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|[KMGT]i?)?$")]
Path = Annotated[str, Field(pattern=r"^/")]
# As Kubernetes names what it holds, and numbers users.
ObjectName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=253)]
_MOST = 2**31 - 1


class Volume(Strict):
    """A claim on storage, which every step mounts."""

    claim: ObjectName = Field(description="name of the PersistentVolumeClaim")
    path: Path = Field(description="where containers see it")


class Toleration(Strict):
    """A taint that a node of the cluster may have; as in Kubernetes."""

    key: str = Field(description="of the taint")
    operator: Literal["Exists", "Equal"] = Field("Exists", description="Equal: the taint has `value`")
    value: str | None = Field(None, description="of the taint, for Equal")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        None, description="of the taint; null: every effect"
    )


class Resources(Strict):
    """What a step's container asks for, and where it may run."""

    cpu: Quantity = Field("1", description="requested")
    cpu_limit: Quantity = Field("4", description="at most")
    memory: Quantity = Field("2Gi", description="requested; a step takes 1 GB before it reads a row")
    memory_limit: Quantity = Field("8Gi", description="at most; a step that takes more is killed")
    gpus: int = Field(0, ge=0, le=1024, description="of `gpu_type`")
    gpu_type: str = Field("nvidia.com/gpu", description="the resource's name on the cluster")
    tolerations: tuple[Toleration, ...] = Field((), description="taints of nodes that the step may run on")
    node_selector: dict[str, str] = Field({}, description="labels that a node must have")

    @model_validator(mode="after")
    def _limits_hold_requests(self) -> Self:
        for name in ("cpu", "memory"):
            requested, limit = getattr(self, name), getattr(self, f"{name}_limit")
            if _amount(requested) > _amount(limit):
                raise ValueError(f"{name} is {requested}, more than {name}_limit: {limit}")
        return self


def _amount(quantity: str) -> float:
    """A quantity of Kubernetes as a number: 500m is 0.5, 2Gi 2147483648."""
    number, suffix = re.fullmatch(r"([0-9.]+)(\w*)", quantity).groups()  # type: ignore[union-attr]
    base, power = (1024 if suffix.endswith("i") else 1000), "KMGT".find(suffix[:1] or "-") + 1
    return float(number) / 1000 if suffix == "m" else float(number) * base**power


class Retries(Strict):
    """How often a failed step is started again, and after how long."""

    attempts: int = Field(2, ge=0, le=100, description="further ones, after the first has failed")
    wait_seconds: int = Field(
        30, ge=0, le=86_400, description="before the first; each further one waits `factor` times as long"
    )
    # Argo can't resolve a fraction, which it finds at the first failure.
    factor: int = Field(2, ge=1, le=100, description="of the waits, see `wait_seconds`")


class KubeflowOptions(Strict):
    """How the pipeline runs on Kubeflow."""

    image: str = Field(
        pattern=r"^\S+$",
        default_factory=lambda: f"widedeep-tfx:{version('widedeep-tfx')}",
        description="of every step's container; unset: `widedeep-tfx` with the installed version as its tag",
    )
    pull: Literal["Always", "IfNotPresent", "Never"] = Field("IfNotPresent", description="when nodes fetch the image")
    pipeline: Path | None = Field(
        None, description="this file's path in the image; null: /opt/widedeep/schema, then its folder and name"
    )
    metadata: str = Field(
        "postgresql://widedeep-metadata:5432", description="the database; user, name and password are in the secret"
    )
    secret: ObjectName = Field("widedeep-metadata", description="holds username, password and database")
    data_secret: ObjectName = Field(
        "widedeep-data", description="holds `connection`, the address of the database that data.format sql asks"
    )
    root: Volume = Field(Volume(claim="widedeep-root", path="/mnt/widedeep"), description="artifacts and data")
    models: Volume = Field(Volume(claim="widedeep-models", path="/mnt/models"), description="pushed versions")
    resources: Resources = Field(Resources(), description="of every step")
    steps: dict[str, Resources] = Field({}, description="of some steps, by node: replaces `resources` there")
    retries: Retries = Field(Retries(), description="of a failed step")
    timeout_minutes: int = Field(720, ge=1, le=1_000_000, description="for one attempt of a step")
    user: int = Field(10001, ge=1, le=_MOST, description="user and group of the containers; never root")

    @model_validator(mode="after")
    def _retries_end(self) -> Self:
        if self.retry_seconds > _MOST:
            raise ValueError(
                f"retries: all attempts and the waits between them may take {self.retry_seconds:,} seconds, at most "
                f"{_MOST:,} go: lower attempts, wait_seconds, factor or timeout_minutes"
            )
        return self

    @property
    def retry_seconds(self) -> int:
        """As long as all attempts and the waits between them may take, and a day in which no machine is free.

        Argo counts from the first attempt's start, then starts no other, and ends one that still runs.
        """
        waits = sum(self.retries.wait_seconds * int(self.retries.factor**n) for n in range(self.retries.attempts))
        return (self.retries.attempts + 1) * 60 * self.timeout_minutes + waits + 24 * 3600

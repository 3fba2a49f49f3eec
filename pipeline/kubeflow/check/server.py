"""What the Kubeflow Pipelines server says of itself and of whoever asks."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from widedeep.components.common.errors import WideDeepError
from widedeep.pipeline.kubeflow.check.finding import Finding
from widedeep.pipeline.kubeflow.client.api_errors import api_errors, check_host
from widedeep.pipeline.kubeflow.client.server import Server

# The first whose API and launcher the compiled pipeline was written for.
_OLDEST = (2, 16)


@dataclass
class Users:
    """Whether the server has many users, each with a namespace: None until it has said so."""

    many: bool | None = None


def findings(host: str, namespace: str | None, token: str | None, users: Users) -> Iterator[Finding]:
    """The server's, its users' and the rights there.

    Args:
        host: its address.
        namespace: of the runs.
        token: to log in with.
        users: is told what the server says.

    Raises:
        ConfigError: the address is none.
    """
    check_host(host)
    try:
        server = Server.reach(host, namespace, token)
        health = _health(server)
    except WideDeepError as error:
        yield Finding("server", *_parts(error, host))
        return
    users.many = bool(health.get("multi_user"))
    yield _version(server.host, str(health.get("tag_name") or "unknown"))
    if users.many and not namespace:
        yield Finding(
            "namespace", "the server has many users, each with a namespace of its own", "say which: --namespace NAME"
        )
        return
    yield _rights(server)


def _health(server: Server) -> dict[str, Any]:
    """What the server says of its health. The client's own model of it leaves the version out."""
    with api_errors(server.host):
        answer = server.client._healthz_api.api_client.call_api(
            "/apis/v2beta1/healthz",
            "GET",
            response_type="object",
            auth_settings=["Bearer"],
            _return_http_data_only=True,
            _request_timeout=15,
        )
    return answer if isinstance(answer, dict) else {}


def _version(host: str, tag: str) -> Finding:
    numbers = re.match(r"v?(\d+)\.(\d+)", tag)
    if numbers is None:
        return Finding("server", f"{host} answers; it does not tell its version, which must be 2.16 or newer")
    if (int(numbers[1]), int(numbers[2])) < _OLDEST:
        return Finding("server", f"{host} is version {tag}", "upgrade Kubeflow Pipelines to 2.16 or newer")
    return Finding("server", f"{host} answers, version {tag}")


def _rights(server: Server) -> Finding:
    """Whether an experiment can be made, the first thing that `submit` does; it is removed again."""
    where = f"in namespace {server.namespace}" if server.namespace else "on a server without users"
    try:
        with api_errors(server.host):
            made = server.client.create_experiment(f"widedeep-check-{uuid.uuid4().hex[:8]}", namespace=server.namespace)
    except WideDeepError as error:
        return Finding("rights", *_parts(error, server.host))
    try:
        with api_errors(server.host):
            server.client.delete_experiment(made.experiment_id)
    except WideDeepError as error:
        words = f"the experiment {made.display_name}, made to see whether one can be, can't be removed: {error}"
        return Finding("rights", words, f"kfp --endpoint {server.host} experiment delete {made.experiment_id}")
    return Finding("rights", f"experiments can be made {where}")


def _parts(error: WideDeepError, host: str) -> tuple[str, str]:
    """An error's sentence, and the remedy that follows it."""
    words, _, remedy = str(error).removeprefix(f"{host}: ").partition(". ")
    return words.rstrip(
        "."
    ), remedy or "ask whoever runs the server; its log: kubectl logs -n kubeflow deploy/ml-pipeline"

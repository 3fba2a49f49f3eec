"""All that is looked at, in the order in which a person would mend it."""

from __future__ import annotations

from collections.abc import Iterator

from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.kubeflow.check import cluster, server
from widedeep.pipeline.kubeflow.check.finding import Finding
from widedeep.pipeline.kubeflow.check.job import NAMESPACE


def of_all(config: PipelineConfig, host: str, namespace: str | None, token: str | None) -> Iterator[Finding]:
    """Looks at everything; what can't be looked at since something else is missing is no finding.

    Args:
        config: the pipeline's settings.
        host: the Kubeflow Pipelines server's address.
        namespace: of the runs.
        token: to log in with.

    Raises:
        ConfigError: the address is none.
    """
    users = server.Users()
    yield from server.findings(host, namespace, token, users)
    yield from cluster.findings(config, namespace or NAMESPACE, users.many)

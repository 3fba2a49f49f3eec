"""A Kubeflow Pipelines server: pipelines and their versions, runs and schedules."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import Any

import httpx
from kfp import Client
from kfp_server_api import V2beta1Pipeline

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.pipeline.kubeflow.client.api_errors import api_errors, check_host
from widedeep.pipeline.kubeflow.client.compiled_file import CompiledPipeline, Value


class _Client(Client):
    def get_kfp_healthz(self, sleep_duration: int = 0) -> Any:
        """Asks once: KFP's own asks a server that refuses a token for half a minute."""
        del sleep_duration
        return self._healthz_api.healthz_service_get_healthz()


@dataclass(frozen=True)
class Server:
    """A connection to a server.

    Attributes:
        client: KFP's.
        host: its address.
        namespace: of the runs; None on a server without users.
    """

    client: Client
    host: str
    namespace: str | None

    @classmethod
    def connect(cls, host: str, namespace: str | None, token: str | None) -> Server:
        """Connects.

        Raises:
            WideDeepError: the server does not answer, or refuses.
        """
        server = cls.reach(host, namespace, token)
        with api_errors(host):
            multi_user = server.client.get_kfp_healthz().multi_user
        if multi_user and not namespace:
            raise ConfigError(
                f"{host}: the server has many users, each with a namespace of its own. Say which: --namespace, or "
                "KUBEFLOW_NAMESPACE in the environment. Nothing was uploaded."
            )
        return server

    @classmethod
    def reach(cls, host: str, namespace: str | None, token: str | None) -> Server:
        """A server of which nothing has been asked yet.

        Raises:
            ConfigError: the address is none.
        """
        check_host(host)
        with api_errors(host):
            # Under this name the client takes the namespace that it keeps for this user.
            client = _Client(host=host, namespace=namespace or "kubeflow", existing_token=token)
        return cls(client, host.rstrip("/"), namespace)

    def upload(self, compiled: CompiledPipeline) -> tuple[str, str]:
        """Makes sure that the server has this very pipeline, in the namespace if there is one.

        Returns:
            Ids of the pipeline and of the version with this content.
        """
        with api_errors(self.host):
            pipelines = self.client.list_pipelines(
                namespace=self.namespace, filter=_name_filter(compiled.name)
            ).pipelines
            # Made without a version: an upload would make a first one of the same content, by the pipeline's name.
            pipeline_id = str((pipelines[0] if pipelines else self._new_pipeline(compiled.name)).pipeline_id)
            versions = self.client.list_pipeline_versions(
                pipeline_id, filter=_name_filter(compiled.version)
            ).pipeline_versions
            if versions:
                return pipeline_id, versions[0].pipeline_version_id
            version = self.client.upload_pipeline_version(str(compiled.file), compiled.version, pipeline_id)
            return pipeline_id, version.pipeline_version_id

    def _new_pipeline(self, name: str) -> Any:
        pipeline = V2beta1Pipeline(name=name, display_name=name, namespace=self.namespace)
        return self.client._pipelines_api.pipeline_service_create_pipeline(pipeline)

    def run(self, compiled: CompiledPipeline, experiment: str, name: str, values: dict[str, Value]) -> str:
        """Starts a run and returns its id."""
        # First what may be refused: what was uploaded would stay, for everybody to see.
        with api_errors(self.host):
            experiment_id = self._experiment(experiment)
        pipeline_id, version_id = self.upload(compiled)
        with api_errors(self.host):
            run = self.client.run_pipeline(
                experiment_id, name, params=values, pipeline_id=pipeline_id, version_id=version_id
            )
            return str(run.run_id)

    def page(self, path: str) -> str:
        """Where a person sees something: an address, or how to come to one.

        KFP's API and its pages are two services; behind a port-forward to the first there is no page.
        """
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(f"{self.host}/", timeout=5, follow_redirects=True, trust_env=False)
            if answer.headers.get("content-type", "").startswith("text/html"):
                return f"{self.host}/#{path}"
        return (
            f"http://localhost:8080/#{path}  (after: kubectl port-forward -n kubeflow svc/ml-pipeline-ui 8080:80; "
            f"{self.host} has the API alone)"
        )

    def schedule(
        self, compiled: CompiledPipeline, experiment: str, name: str, values: dict[str, Value], cron: str
    ) -> str:
        """Makes a recurring run and returns its id. Times that were missed are not made up for.

        Raises:
            WideDeepError: there is one of that name.
        """
        with api_errors(self.host):
            experiment_id = self._experiment(experiment)
            namesakes = self.client.list_recurring_runs(
                experiment_id=experiment_id, filter=_name_filter(name)
            ).recurring_runs
            if namesakes:
                raise WideDeepError(
                    f"{self.host}: there is a recurring run '{name}' already ({namesakes[0].recurring_run_id}): both "
                    "would run. Delete it (kfp recurring-run delete), or give this one another --name."
                )
        pipeline_id, version_id = self.upload(compiled)
        with api_errors(self.host):
            schedule = self.client.create_recurring_run(
                experiment_id,
                name,
                cron_expression=cron,
                max_concurrency=1,
                no_catchup=True,
                params=values,
                pipeline_id=pipeline_id,
                version_id=version_id,
            )
            return str(schedule.recurring_run_id)

    def state(self, run_id: str) -> Any:
        """A run as it is now: KFP's V2beta1Run."""
        with api_errors(self.host):
            return self.client.get_run(run_id)

    def _experiment(self, name: str) -> str:
        return str(self.client.create_experiment(name, namespace=self.namespace).experiment_id)


def _name_filter(name: str) -> str:
    """A filter of the API. By the display name, which people give."""
    return json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})

"""What runs before a node's cache key is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from tfx.dsl.compiler import compiler
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils

from widedeep.components.dryrun import driver as dry_run
from widedeep.components.ingest import driver as ingestion
from widedeep.pipeline.definition import config, create

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("server", "node", "driver"),
    [("stand_in", "DryRun", dry_run.Driver), ("infra_validator", "InfraValidator", dry_run.InfraValidatorDriver)],
)
def test_changed_data_and_faults_of_the_machine_are_in_the_keys(
    server: str, node: str, driver: type, tmp_path: Path
) -> None:
    census = ROOT / "schema" / "census"
    settings = config.load(census / "pipeline.yaml", [f"dry_run.server={server}", "data.serving=served/*"])
    environment = create.Environment(
        root=str(tmp_path / "artifacts"),
        metadata=metadata.sqlite_metadata_connection_config(str(tmp_path / "m.sqlite")),
        push_directory=str(tmp_path / "models"),
        schema_file=str(census / "schema.pbtxt"),
        beam_args=[],
    )
    compiled = compiler.Compiler().compile(create.create_pipeline(settings, environment))
    deployment = runner_utils.extract_local_deployment_config(compiled)
    drivers = {
        name: runner_utils.extract_custom_driver_spec(deployment, name).class_path
        for name in deployment.custom_driver_specs
    }
    assert drivers == {
        name: f"{kind.__module__}.{kind.__name__}"
        for name, kind in {"ExampleGen": ingestion.Driver, "ServingExampleGen": ingestion.Driver, node: driver}.items()
    }

"""A working directory is one pipeline's, and what lies there can be built on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.pipeline.definition import config
from widedeep.pipeline.local import session
from widedeep.pipeline.local.admission import Owner, admit
from widedeep.pipeline.local.runner import NodeFailedError
from widedeep.pipeline.local.workdir import Workdir

Settings = Callable[..., config.PipelineConfig]


def store(path: Path) -> metadata_store.MetadataStore:
    connection = pb.ConnectionConfig()
    connection.sqlite.filename_uri = str(path)
    connection.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    return metadata_store.MetadataStore(connection)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Writes a pipeline and its features to a folder."""

    def write(
        folder: str = "first", name: str = "rides", label: str = "tip", buckets: int = 9
    ) -> config.PipelineConfig:
        (tmp_path / folder).mkdir(exist_ok=True)
        pipeline = tmp_path / folder / "pipeline.yaml"
        pipeline.write_text(
            f"name: {name}\ndata: {{path: data, format: csv, splits: {{train: a, eval: b, test: c}}}}\n"
        )
        (tmp_path / folder / "features.yaml").write_text(
            f"label: {{key: {label}}}\nfeatures:\n- key: zone\n  kind: categorical\n  side: context\n  wide: true\n"
            f"  transform: {{hash: {{buckets: {buckets}}}}}\n"
        )
        return config.load(pipeline)

    return write


@pytest.fixture
def workdir(tmp_path: Path) -> Workdir:
    """Nothing has run there yet."""
    (tmp_path / "work").mkdir()
    return Workdir(tmp_path / "work")


@pytest.fixture
def worked(workdir: Workdir, settings: Settings) -> Workdir:
    """The first pipeline's, which has pushed a model there."""
    admit(settings(), workdir)
    store(workdir.metadata)
    (workdir.models / "1").mkdir(parents=True)
    return workdir


def test_another_pipeline_s_name_is_refused(worked: Workdir, settings: Settings) -> None:
    with pytest.raises(ConfigError) as caught:
        admit(settings(name="walks"), worked)
    assert str(caught.value) == (
        f"{worked.path}: is the working directory of the pipeline 'rides', and this one is 'walks'. Give it another "
        "--workdir (work/walks where none is given)."
    )
    admit(settings(), worked)


def test_so_it_is_where_an_earlier_version_has_worked(workdir: Workdir, settings: Settings) -> None:
    made = store(workdir.metadata)
    kind = made.put_context_type(pb.ContextType(name="pipeline"))
    made.put_contexts([pb.Context(type_id=kind, name="rides")])
    with pytest.raises(ConfigError, match="of the pipeline 'rides', and this one is 'walks'"):
        admit(settings(name="walks"), workdir)
    admit(settings(), workdir)
    assert workdir.owner.is_file()


def test_a_folder_in_which_nothing_has_run_is_free(workdir: Workdir, settings: Settings) -> None:
    admit(settings(), workdir)
    admit(settings(name="walks"), workdir)
    store(workdir.metadata)
    with pytest.raises(ConfigError, match="of the pipeline 'walks', and this one is 'rides'"):
        admit(settings(), workdir)


def test_other_features_whose_models_would_stand_beside_the_first_ones_are_refused(
    worked: Workdir, settings: Settings, tmp_path: Path
) -> None:
    other = settings("second", buckets=10)
    with pytest.raises(ConfigError) as caught:
        admit(other, worked)
    assert str(caught.value) == (
        f"{tmp_path}/second/features.yaml: the models in {worked.models} are of other features, those of "
        f"{tmp_path}/first/features.yaml, and servers would take one for the other. Give this pipeline another "
        f"--workdir; or, if these features are to follow those, remove {worked.owner}."
    )
    worked.owner.unlink()
    admit(other, worked)


def test_before_a_model_is_pushed_features_may_change_places(worked: Workdir, settings: Settings) -> None:
    (worked.models / "1").rmdir()
    (worked.models / ".pushing-1").mkdir()
    admit(settings("second", buckets=10), worked)
    # It is theirs from now on.
    assert Owner.read(worked.owner).features.endswith("/second/features.yaml")


def test_features_may_be_edited_and_moved(worked: Workdir, settings: Settings, tmp_path: Path) -> None:
    admit(settings(buckets=10), worked)
    # A copy.
    admit(settings("second", buckets=10), worked)
    # Moved, and edited there; the second folder is gone with its checkout.
    (tmp_path / "second" / "features.yaml").unlink()
    admit(settings("third", buckets=11), worked)
    (tmp_path / "third" / "features.yaml").unlink()
    with pytest.raises(ConfigError, match=r"the models in .* are of other features"):
        admit(settings("fourth", label="fare"), worked)


def test_a_record_that_cant_be_read_is_written_anew(
    worked: Workdir, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    worked.owner.write_text("{}")
    admit(settings(), worked)
    assert "workdir.json" in capsys.readouterr().err
    admit(settings(), worked)
    assert capsys.readouterr().err == ""


def test_older_metadata_are_migrated_and_the_copy_is_named(
    worked: Workdir, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = pb.ConnectionConfig()
    connection.sqlite.filename_uri = str(worked.metadata)
    connection.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE
    metadata_store.downgrade_schema(connection, 7)
    admit(settings(), worked)
    assert capsys.readouterr().err == (
        f"{worked.metadata} is of an earlier version: migrated, and kept as it was in {worked.metadata}.version-7\n"
    )


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["gone", "empty"])
def test_artifacts_without_their_metadata_are_not_written_over(
    spoil: Callable[[Path], None], worked: Workdir, settings: Settings
) -> None:
    """Executions would be numbered from 1 again, and so would their folders."""
    spoil(worked.metadata)
    admit(settings(), worked)
    (worked.artifacts / "ExampleGen" / "examples" / "1").mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"metadata\.sqlite: is gone, which knows what lies in .*/artifacts\. Put it"):
        admit(settings(), worked)


@pytest.mark.parametrize("damaged", [False, True])
def test_a_failed_run_says_whether_the_same_command_carries_on(damaged: bool, worked: Workdir, tmp_path: Path) -> None:
    if damaged:
        worked.metadata.write_text("no database")
    error = NodeFailedError("Trainer")
    error.__cause__ = RuntimeError("no")
    told = str(session._run_failed(error, tmp_path / "log.txt", worked))
    carries_on = "Nothing was pushed; what had run before is kept, and the same command carries on from there."
    assert (carries_on in told) != damaged
    refused = (
        rf"Nothing was pushed\. {re.escape(str(worked.metadata))}: the metadata are damaged: file is not a database"
    )
    assert bool(re.search(refused, told)) == damaged
    assert told.startswith("Trainer failed: RuntimeError: no\n")


def test_a_refusal_is_the_person_s_to_mend(worked: Workdir, settings: Settings) -> None:
    worked.metadata.write_text("no database")
    with pytest.raises(WideDeepError) as caught:
        admit(settings(), worked)
    assert caught.value.exit_code == 1

"""The files of a simulated store: all rows, the same bytes again, and no feature that knows the truth."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from widedeep.components import features
from widedeep.components.common.errors import DataError
from widedeep.components.features import schema as schemas
from widedeep.components.ingest import raw_files
from widedeep.pipeline.commands.datasets.data import command
from widedeep.pipeline.datasets.appstore import store
from widedeep.pipeline.datasets.appstore.attainable import Attainable
from widedeep.pipeline.datasets.appstore.population import CATEGORIES, COUNTRIES, DEVICES, LANGUAGES
from widedeep.pipeline.datasets.appstore.store import Size, prepare
from widedeep.pipeline.datasets.appstore.tables import FIRST_SECOND, GENDERS, LABEL

ROOT = Path(__file__).resolve().parents[4]
SIZE = Size(4003, 3, seed=9)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Attainable]]:
    folder = tmp_path_factory.mktemp("store") / "out"
    return folder, prepare(folder, SIZE)


def rows(folder: Path, day: str) -> pa.Table:
    return pq.read_table(folder / day)


def digests(folder: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*.parquet"))]


def test_all_rows_are_there_by_day(written: tuple[Path, list[Attainable]]) -> None:
    folder, days = written
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["day-01", "day-02", "day-03"]
    tables = [rows(folder, f"day-0{day}") for day in (1, 2, 3)]
    assert sum(table.num_rows for table in tables) == 4003
    for number, (table, day) in enumerate(zip(tables, days, strict=True)):
        assert (day.rows, day.installs) == (table.num_rows, pc.sum(table[LABEL]).as_py())
        since = FIRST_SECOND + 86_400 * number
        assert pc.all(pc.and_(pc.greater_equal(table["timestamp"], since), pc.less(table["timestamp"], since + 86_400)))
        hours = pc.divide(pc.subtract(table["timestamp"], since), 3600)
        assert hours.to_pylist() == table["hour"].to_pylist()
        assert 0 < day.auc < 1


def test_a_user_has_tomorrow_what_was_installed_today(written: tuple[Path, list[Attainable]]) -> None:
    folder, _ = written
    today, tomorrow = rows(folder, "day-01"), rows(folder, "day-02")
    taken = today.filter(pc.equal(today[LABEL], 1))
    has = dict(zip(tomorrow["user_id"].to_pylist(), tomorrow["user_apps"].to_pylist(), strict=True))
    pairs = zip(taken["user_id"].to_pylist(), taken["app_id"].to_pylist(), strict=True)
    seen = [app in has[user] for user, app in pairs if user in has]
    assert len(seen) > 20
    assert all(seen)


def test_equal_sizes_write_equal_bytes_and_other_seeds_others(
    written: tuple[Path, list[Attainable]], tmp_path: Path
) -> None:
    folder, _ = written
    prepare(tmp_path / "again", SIZE)
    assert digests(tmp_path / "again") == digests(folder)
    prepare(tmp_path / "other", Size(4003, 3, seed=10))
    assert not set(digests(tmp_path / "other")) & set(digests(folder))


def test_processes_write_the_same(
    written: tuple[Path, list[Attainable]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_WORTH_PROCESSES", 0)
    prepare(tmp_path / "again", SIZE)
    assert digests(tmp_path / "again") == digests(written[0])


def test_a_file_of_many_row_groups_is_read_by_the_pipeline(
    written: tuple[Path, list[Attainable]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_BLOCK", 5)
    prepare(tmp_path / "many", SIZE)
    spec = features.load(ROOT / "schema" / "appstore" / "features.yaml")
    for path in sorted((tmp_path / "many" / "day-02").iterdir()):
        assert pq.ParquetFile(path).num_row_groups > 1
        whole = pq.read_table(path)
        read = pa.Table.from_batches(raw_files.read(str(path), "parquet", spec))
        # A set without a member is null.
        apps = [[app.encode() for app in members] or None for members in whole["user_apps"].to_pylist()]
        assert read["user_apps"].to_pylist() == apps


def test_no_feature_may_use_the_truth(written: tuple[Path, list[Attainable]], tmp_path: Path) -> None:
    shipped = ROOT / "schema" / "appstore" / "features.yaml"
    spec = features.load(shipped)
    assert set(spec.columns.values()) <= set(rows(written[0], "day-01").column_names)
    one = "  - {key: chance, column: true_chance, kind: numeric, side: context, transform: {z_score: {}}, deep: {}}\n"
    (tmp_path / "mine.yaml").write_text(shipped.read_text().replace("features:\n", f"features:\n{one}"))
    path = written[0] / "day-01" / "part-00.parquet"
    assert list(raw_files.read(str(path), "parquet", spec))
    with pytest.raises(DataError, match="declares the column 'true_chance', and the file says that no model may read"):
        list(raw_files.read(str(path), "parquet", features.load(tmp_path / "mine.yaml")))


def test_the_curated_schema_is_that_of_the_store() -> None:
    spec = features.load(ROOT / "schema" / "appstore" / "features.yaml")
    schema = schemas.read(ROOT / "schema" / "appstore" / "schema.pbtxt")
    assert schemas.disagreements(spec, schema) == []
    domains = {domain.name: tuple(domain.value) for domain in schema.string_domain}
    words = {"gender": GENDERS, "country": COUNTRIES, "language": LANGUAGES, "device": DEVICES, "category": CATEGORIES}
    assert domains == words
    assert {feature.name: feature.domain for feature in schema.feature if feature.domain} == {key: key for key in words}


def test_the_options_are_the_store_s_alone(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["census", "--rows", "2000", "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "--rows is an option of appstore, and 'census' is no simulated data set" in done.output


def test_the_command_says_what_is_attainable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The table has room for a short path.
    monkeypatch.chdir(tmp_path)
    arguments = ["appstore", "--rows", "2000", "--days", "2", "--seed", "4", "--out", "out"]
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    [first, second] = re.findall(r"day-0\d .*", done.stdout)
    assert first.split()[2] == second.split()[2] == "1,000"

"""Small real slices of the three data sets, and the command line as a person calls it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml
from calls import arguments, called
from database_servers import Server, running
from harness import KEYS, LOOSE, ROOT, Pushed, Ran, Slice, add_few_positives, csv_slice, settings_beside

from benchmarks.harness.movielens_days import by_share
from widedeep.components.common.errors import DataError
from widedeep.pipeline import datasets

# Users of the MovieLens slice: some 6,000 ratings.
USERS = [str(number) for number in range(1, 61)]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session", autouse=True)
def forking(forkserver: None) -> None:
    """All processes of `forked.Popen` are forked here."""


@pytest.fixture(scope="session")
def run() -> Callable[..., Ran]:
    """Runs a slice's pipeline in a working directory, with settings; as `installed`, in a process of its own."""

    def call(slice_: Slice, workdir: Path, *settings: str, installed: bool = False) -> Ran:
        result = slice_.pipeline.parent / "result.json"
        result.unlink(missing_ok=True)
        done = called(*arguments(slice_, workdir, *settings), "--json", result, installed=installed)
        written = json.loads(result.read_text()) if result.exists() else None
        return Ran(done.returncode, done.stdout, done.stderr, written)

    return call


@pytest.fixture(scope="session")
def prepared(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Callable[[str], Path]:
    """A whole data set, as `widedeep data` writes it."""

    def prepare(name: str) -> Path:
        return made_once(f"data-{name}", lambda folder: datasets.prepare(name, folder / name)) / name

    return prepare


ROWS = {
    "census": {"train": 3000, "eval": 600, "test": 1500},
    "taxi": {"train": 3000, "eval": 600, "test": 1200},
}


# Enough for a model that may be pushed; what an epoch teaches is shown elsewhere.
EPOCHS = 3


def cut(name: str, folder: Path, whole: Path, keys: Collection[str] = ()) -> Slice:
    """A slice of a prepared data set: the ratings of some users, as Parquet, or each split's first rows, as CSV."""
    if name != "movielens":
        made = csv_slice(name, ROWS[name], folder, whole)
        settings = yaml.safe_load(made.pipeline.read_text())
        settings["training"] = settings.get("training", {}) | {"epochs": EPOCHS}
        made.pipeline.write_text(yaml.safe_dump(settings, sort_keys=False))
        return made
    data = folder / "movielens-data"
    for split in ("train", "eval", "test"):
        table = pq.read_table(whole / split / "data.parquet")
        (data / split).mkdir(parents=True)
        rows = table.filter(pc.is_in(table["user_id"], value_set=pa.array(USERS)))
        pq.write_table(rows, data / split / "data.parquet")
    (folder / "settings").mkdir()
    return settings_beside("movielens", data, folder / "settings", keys)


@pytest.fixture
def movielens(tmp_path: Path, prepared: Callable[[str], Path]) -> Slice:
    """The ratings of some users, as Parquet."""
    return cut("movielens", tmp_path, prepared("movielens"), KEYS["movielens"])


@pytest.fixture
def census(tmp_path: Path, prepared: Callable[[str], Path]) -> Slice:
    """The first persons of each split, as CSV."""
    return cut("census", tmp_path, prepared("census"))


@pytest.fixture
def taxi(tmp_path: Path, prepared: Callable[[str], Path]) -> Slice:
    """The first trips of each split, as CSV."""
    return cut("taxi", tmp_path, prepared("taxi"))


@pytest.fixture(scope="session")
def pushed(
    run: Callable[..., Ran], prepared: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Pushed]:
    """A slice's model that was pushed, once a session, to be looked at. Who changes anything takes it `anew`."""
    made: dict[str, Pushed] = {}

    def push(name: str) -> Pushed:
        if name not in made:
            folder = tmp_path_factory.mktemp(f"pushed-{name}")
            slice_ = cut(name, folder, prepared(name))
            if name == "census":
                add_few_positives(slice_)
            # MovieLens as a person meets it: the installed command, and the settings that are checked in.
            first = name == "movielens"
            ran = run(slice_, folder / "work", *(() if first else (LOOSE,)), installed=first)
            assert ran.code == 0, ran.stderr
            made[name] = Pushed(slice_, folder / "work", ran)
        return made[name]

    return push


@pytest.fixture
def anew(pushed: Callable[[str], Pushed], tmp_path: Path) -> Iterator[Callable[[str], Pushed]]:
    """A slice whose model was pushed, to be changed and run again: it is put back afterwards.

    The test's copy stands in the place of the original, not beside it: cache keys hold paths, and elsewhere a copy
    would be transformed and trained again.
    """
    taken: dict[str, Path] = {}

    def take(name: str) -> Pushed:
        given = pushed(name)
        place, copy = given.workdir.parent, tmp_path / f"{name}-copy"
        shutil.copytree(place, copy, symlinks=True)
        # A server that polls the place sees all of it or nothing.
        place.rename(tmp_path / f"{name}-original")
        taken[name] = place
        copy.rename(place)
        return given

    yield take
    for name, place in taken.items():
        place.rename(tmp_path / f"{name}-changed")
        (tmp_path / f"{name}-original").rename(place)


@pytest.fixture
def server(database: str) -> Iterator[Server | None]:
    """A test's `database`, which runs for as long as the test; None: SQLite's file."""
    with running(database) as made:
        yield made


@pytest.fixture(scope="session")
def ratings(prepared: Callable[[str], Path]) -> pa.Table:
    """MovieLens, with each rating's place among its user's: `share` in percent."""
    whole = ROOT / "data" / "movielens"
    if not (whole / "SOURCE.txt").is_file():
        try:
            whole = prepared("movielens")
        except DataError as error:
            pytest.skip(f"MovieLens can't be had: {error}")
    return by_share(whole)

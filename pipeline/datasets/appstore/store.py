"""The simulation: days of impressions, as Parquet files, by parts of the users that several processes go through."""

from __future__ import annotations

import functools
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from widedeep.pipeline.datasets.appstore import population
from widedeep.pipeline.datasets.appstore.attainable import Attainable
from widedeep.pipeline.datasets.appstore.installed import InstalledApps
from widedeep.pipeline.datasets.appstore.rankers import older
from widedeep.pipeline.datasets.appstore.tables import table
from widedeep.pipeline.datasets.appstore.truth import Truth
from widedeep.pipeline.datasets.appstore.visits import SHOWN, Impressions, answers, visits
from widedeep.pipeline.datasets.staging import stage

# Parts, each of its own users, so that what is written does not depend on how many processors there are.
_FEWEST_PARTS, _ROWS_A_PART = 8, 2_000_000
# A store that has been open for long: of each user, and of each pair of apps, there are so many rows that what moves
# its users can be learnt. See docs/explanation/appstore.md.
_ROWS_A_USER, _FEWEST_USERS = 2000, 400
_FEWEST_APPS, _APPS = 60, 0.6
# Requests that are drawn at a time: some 50 MB of numbers.
_BLOCK = 10_000
_WORTH_PROCESSES = 200_000


@dataclass(frozen=True)
class Size:
    """What is simulated.

    Attributes:
        rows: impressions in all.
        days: that they spread over.
        seed: of everything that is drawn.
        mix: the share of the exceptions, which only memorisation can learn, in what moves the chance: 0 to 1.
        noise: the share of impressions whose outcome nothing explains: 0 to 1.
    """

    rows: int
    days: int
    seed: int = 1
    mix: float = 0.5
    noise: float = 0.1

    @property
    def parts(self) -> int:
        """Parts of the users, and files of a day."""
        return max(_FEWEST_PARTS, -(-self.rows // _ROWS_A_PART))

    def requests(self, day: int, part: int) -> tuple[int, int]:
        """The first request of a part of a day, and how many it has."""
        pieces = self.days * self.parts
        piece = day * self.parts + part
        everything = -(-self.rows // SHOWN)
        first, last = (everything * place // pieces for place in (piece, piece + 1))
        return first, last - first


def prepare(out: Path, size: Size, on_progress: Callable[[int], None] = lambda _: None) -> list[Attainable]:
    """Writes the store to the folder `out`, whole or not at all; see `write`.

    Raises:
        ConfigError: `out` holds something else.
        DataError: the data can't be written.
    """
    with stage("appstore", out) as staging:
        days = write(staging.folder, size, on_progress)
        said = (
            "A simulated app store; see pipeline/datasets/appstore.\nTerms: made by this program, free to use.\n"
            f"Rows {size.rows}, days {size.days}, seed {size.seed}, mix {size.mix}, noise {size.noise}.\n"
            "The column true_chance is what the label was drawn by: no feature may use it.\n"
        )
        (staging.folder / "SOURCE.txt").write_text(said)
    return days


def write(folder: Path, size: Size, on_progress: Callable[[int], None] = lambda _: None) -> list[Attainable]:
    """Writes day-01/part-00.parquet and so on, the same bytes for an equal size on every machine of one kind.

    Args:
        folder: to write to.
        size: what is simulated.
        on_progress: called with the number of rows that a part has written.

    Returns:
        What is attainable, by day.
    """
    days = [Attainable() for _ in range(size.days)]
    for day in range(size.days):
        day_folder(folder, day).mkdir(parents=True)
    with _mapping(size) as mapped:
        for part in mapped(functools.partial(_write_part, folder, size), range(size.parts)):
            for whole, attained in zip(days, part, strict=True):
                whole.merge(attained)
            on_progress(sum(attained.rows for attained in part))
    return days


@contextmanager
def _mapping(size: Size) -> Iterator[Callable[..., Iterable[list[Attainable]]]]:
    """`map`, on all processors where it is worth their start."""
    if size.rows < _WORTH_PROCESSES:
        yield map
        return
    # Not forked: the caller may have threads.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as processes:
        yield processes.map


def day_folder(folder: Path, day: int) -> Path:
    """Where a day's files lie, of which the first is day-01."""
    return folder / f"day-{day + 1:02d}"


def truth(size: Size) -> Truth:
    """The store of a size: its users, apps, and chances."""
    random = np.random.default_rng([size.seed, 0])
    users = population.users(max(_FEWEST_USERS, size.rows // _ROWS_A_USER), size.days, random)
    apps = population.apps(max(_FEWEST_APPS, round(_APPS * size.rows ** (1 / 3))), size.days, random)
    return Truth(users, apps, size.seed, size.mix, size.noise)


@dataclass(frozen=True)
class _Part:
    """A part of the users, and what they are simulated with.

    Attributes:
        size: of the store.
        number: of the part.
        store: the whole.
        users: int64 [n], indices of its users.
        installed: what they have.
        random: what is drawn from.
    """

    size: Size
    number: int
    store: Truth
    users: npt.NDArray[np.int64]
    installed: InstalledApps
    random: np.random.Generator

    def write(self, folder: Path, day: int) -> Attainable:
        """Simulates a day, and writes its file."""
        attained = Attainable()
        path = day_folder(folder, day) / f"part-{self.number:02d}.parquet"
        writer = None
        installs = []
        for first, shown in self._blocks(day):
            made = table(self.store.users, self.store.apps, shown, day, first)
            # The last request of all may show fewer.
            made = made.slice(0, min(made.num_rows, self.size.rows - first * SHOWN))
            # Arrow can't read lists of dictionaries across row groups: without its schema they are lists of strings.
            writer = writer or pq.ParquetWriter(path, made.schema, compression="zstd", store_schema=False)
            writer.write_table(made)
            count = made.num_rows
            attained.add(shown.chance.ravel()[:count], shown.taken.ravel()[:count])
            request, place = np.nonzero(shown.taken)
            installs.append((np.searchsorted(self.users, shown.user[request]), shown.app[request, place]))
        if writer:
            # Which column no model may read: left out with the schema.
            writer.add_key_value_metadata(made.schema.metadata)
            writer.close()
            self.installed.add(*(np.concatenate(each) for each in zip(*installs, strict=True)))
        return attained

    def _blocks(self, day: int) -> Iterator[tuple[int, Impressions]]:
        first, requests = self.size.requests(day, self.number)
        for done in range(0, requests, _BLOCK):
            number = min(_BLOCK, requests - done)
            came = visits(self.store, self.users, self.installed.apps, day, number, self.random)
            app = older(self.store, came, day, self.random)
            yield first + done, answers(self.store, came, app, day, self.random)


def _write_part(folder: Path, size: Size, number: int) -> list[Attainable]:
    store = truth(size)
    users = np.arange(number, len(store.users.since), size.parts)
    random = np.random.default_rng([size.seed, 1, number])
    installed = InstalledApps(store.users.part(size.parts, number), store.apps, random)
    part = _Part(size, number, store, users, installed, random)
    return [part.write(folder, day) for day in range(size.days)]

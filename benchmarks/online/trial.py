"""The trial: pushed models rank behind a server, each a third of the requests, and users install by the true chance."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.online.history import DAYS
from benchmarks.serving.servers.processes import Server
from widedeep.pipeline.datasets.appstore import rankers
from widedeep.pipeline.datasets.appstore.live import LiveStore
from widedeep.pipeline.datasets.appstore.visits import SHOWN, Visits, shown_chances
from widedeep.serving.client import RankingClient

ONLINE_DAYS = 2
POPULARITY, PERFECT = "popularity", "true chance"
# Requests after which what was installed counts.
_BLOCK = 500


@dataclass
class Shown:
    """What came of what a ranker has shown.

    Attributes:
        impressions: how many.
        installs: of them; of a rail, which shows nothing, none.
        chance: the sum of their true chances.
    """

    impressions: int = 0
    installs: int = 0
    chance: float = 0.0

    def add(self, chance: NDArray[np.float64], taken: NDArray[np.bool_] | None = None) -> None:
        """Adds requests."""
        self.impressions += chance.size
        self.installs += 0 if taken is None else int(taken.sum())
        self.chance += float(chance.sum())


def trial(
    store: LiveStore, install_rates: NDArray[np.float64], models: Mapping[str, Path], requests: int
) -> dict[str, Shown]:
    """Lets users come for some days.

    Args:
        store: after the logged days.
        install_rates: by which the ranker by popularity ranks.
        models: by name the folder of its versions.
        requests: in all.

    Returns:
        By model and rail what was shown.
    """
    said = {name: Shown() for name in (*models, POPULARITY, PERFECT)}
    with served(models) as clients:
        for day in range(DAYS, DAYS + ONLINE_DAYS):
            for size in _blocks(requests // ONLINE_DAYS):
                came = store.visits(day, size)
                arm = store.random.permutation(np.arange(len(came.user)) % len(models))
                app = came.free_apps(_ranked(store, came, day, [clients[name] for name in models], arm))
                shown = store.show(came, app, day)
                for number, name in enumerate(models):
                    said[name].add(shown.chance[arm == number], shown.taken[arm == number])
                popular, perfect = rankers.popular(install_rates, came), rankers.best_possible(store.truth, came, day)
                said[POPULARITY].add(shown_chances(store.truth, came, popular, day))
                said[PERFECT].add(shown_chances(store.truth, came, perfect, day))
    return said


def _ranked(
    store: LiveStore, came: Visits, day: int, clients: Sequence[RankingClient], arm: NDArray[np.int64]
) -> NDArray[np.int64]:
    """[n, SHOWN]: places among the free apps, each request's by its arm's model."""
    rankings = [
        clients[number].rank(user, candidates, top_k=SHOWN)
        for number, (user, candidates) in zip(arm, store.requests(came, day), strict=True)
    ]
    return np.array([[ranked.index for ranked in ranking.candidates] for ranking in rankings])


@contextmanager
def served(models: Mapping[str, Path]) -> Iterator[dict[str, RankingClient]]:
    """A client for each model, by name the folder of its versions, of one `widedeep serve`."""
    with tempfile.TemporaryDirectory() as folder:
        config, log = Path(folder, "models.config"), Path(folder, "log.txt")
        entries = (
            f"config {{ name: {json.dumps(name)} base_path: {json.dumps(str(base.resolve()))} "
            "model_platform: 'tensorflow' }\n"
            for name, base in models.items()
        )
        config.write_text(f"model_config_list {{\n{''.join(entries)}}}\n")
        flags = ("--config", config, "--port", 0, "--rest-port", 0)
        server = Server("widedeep.pipeline.cli", "serve", *flags, log=log)
        with ExitStack() as stack:
            stack.callback(server.stop)
            yield {name: stack.enter_context(RankingClient(server.target, model=name, deadline=60)) for name in models}


def _blocks(requests: int) -> list[int]:
    return [min(_BLOCK, requests - done) for done in range(0, requests, _BLOCK)]

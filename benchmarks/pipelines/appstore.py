"""How much of what can be known the models of the simulated app store learn: wide, deep and joint, over several seeds.

    python -m benchmarks run appstore [--rows 1000000] [--seeds 5] [--mix 0.5]

Each is `widedeep ablate` on schema/appstore/pipeline.yaml, whose settings are for a million rows, and are adapted to
others. On the test day, the AUC of a ranker by popularity (each app's rate of installs in the train days) is 0 %, and
that of one that knows each row's true chance is 100 %.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from benchmarks.harness import subprocesses
from benchmarks.harness.figures import Figure, print_figures
from widedeep.pipeline.datasets.appstore.attainable import Attainable
from widedeep.pipeline.datasets.appstore.rankers import install_rates
from widedeep.pipeline.datasets.appstore.store import Size, day_folder, prepare
from widedeep.pipeline.datasets.appstore.tables import CHANCE, LABEL

SETTINGS = subprocesses.ROOT / "schema" / "appstore" / "pipeline.yaml"
# As they split the days, and the number of rows that they were chosen for.
_DAYS, _TRAIN, _TEST = 8, range(6), 7
_ROWS = 1_000_000


@click.command()
@click.option("--rows", default=1_000_000, show_default=True, help="Impressions of eight days.")
@click.option("--seeds", default=5, show_default=True, help="Each model is trained with seeds 1 to N.")
@click.option("--mix", default=0.5, show_default=True, help="The share of the exceptions.")
def main(rows: int, seeds: int, mix: float) -> None:
    """Trains and measures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        days = prepare(folder / "data", Size(rows, _DAYS, mix=mix))
        popularity = popularity_auc([_read(folder / "data", day) for day in _TRAIN], _read(folder / "data", _TEST))
        changed = [f"data.path={folder / 'data'}", *adapted(rows)]
        flags = [word for setting in changed for word in ("--set", setting)]
        out, log = folder / "rows.json", folder / "log.txt"
        arguments = (SETTINGS, "--workdir", folder / "work", *flags, "--seeds", seeds, "--json", out)
        subprocesses.run("widedeep.pipeline.cli", "ablate", *arguments, log=log)
        models: list[dict[str, Any]] = json.loads(out.read_text())["rows"]
    print_figures(figures(models, popularity, days[_TEST], {"rows": rows, "seeds": seeds, "mix": mix}))


def adapted(rows: int) -> list[str]:
    """What is to be set for another number of rows than the settings are for.

    The summed gradients of what has no effect spread as the root of the rows; an epoch's steps are as many as the rows.
    """
    training = yaml.safe_load(SETTINGS.read_text())["training"]
    l1, steps = training["wide"]["l1"], training["deep"]["schedule"]["decay_steps"]
    share = rows / _ROWS
    return [
        f"training.wide.l1={l1 * share**0.5:.3g}",
        f"training.deep.schedule.decay_steps={max(1, round(steps * share))}",
    ]


def _read(data: Path, day: int) -> pa.Table:
    return pq.read_table(day_folder(data, day), columns=["app_id", LABEL, CHANCE])


def popularity_auc(train: Sequence[pa.Table], test: pa.Table) -> float:
    """The test day's AUC of each app's rate of installs in the train days, of few rows drawn to the mean rate."""
    seen = pa.concat_tables(table.select(["app_id", LABEL]).cast(_plain(table)) for table in train)
    names = pc.unique(pa.chunked_array([*seen["app_id"].chunks, *test["app_id"].cast(pa.string()).chunks]))
    of_row = pc.index_in(seen["app_id"], names).to_numpy()
    shown, installed = (np.bincount(of_row, weights, len(names)) for weights in (None, seen[LABEL].to_numpy()))
    chances = install_rates(shown, installed)[pc.index_in(test["app_id"].cast(pa.string()), names).to_numpy()]
    tally = Attainable()
    tally.add(chances, test[LABEL].to_numpy() == 1)
    return tally.auc


def _plain(table: pa.Table) -> pa.Schema:
    """Words as strings: each file's dictionary is its own."""
    return pa.schema([("app_id", pa.string()), (LABEL, table.schema.field(LABEL).type)])


def figures(
    models: Sequence[Mapping[str, Any]], popularity: float, attainable: Attainable, size: Mapping[str, Any]
) -> list[Figure]:
    """The joint model's lead on its halves in deviations, and its share of what can be attained.

    Args:
        models: what `widedeep ablate` says, a row a model.
        popularity: the AUC of a ranker by popularity.
        attainable: of the test day.
        size: what was simulated.
    """
    by_model = {model["model"]: model for model in models}
    joint, halves = by_model["wide_deep"], [by_model["wide"], by_model["deep"]]

    def share(auc: float) -> float:
        return (auc - popularity) / (attainable.auc - popularity)

    details: dict[str, Any] = {**size, "popularity": popularity, "attainable": attainable.auc}
    details |= {
        name: {"auc": model["auc"], "sd": model["auc_sd"], "logloss": model["logloss"], "share": share(model["auc"])}
        for name, model in by_model.items()
    }
    details["logloss_at_least"] = attainable.logloss
    better = max(halves, key=lambda half: half["auc"])
    deviation = float(np.hypot(joint["auc_sd"], better["auc_sd"]))
    lead = (joint["auc"] - better["auc"]) / deviation
    return [
        Figure("appstore_joint_over_better_half", lead, "deviations", ">= 5", "wide, deep", details),
        Figure("appstore_joint_share", share(joint["auc"]), "of attainable AUC", ">= 0.9", "popularity = 0", details),
    ]


if __name__ == "__main__":
    main()

"""Laws of a collection, whatever runs there were."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from widedeep.components.metadata.inventory_reader import read_inventory
from widedeep.pipeline.gc.collect import collect
from widedeep.pipeline.gc.plan import make_plan
from widedeep.pipeline.versions.rollback import rollback

RUNS = st.lists(
    st.fixed_dictionaries(
        {
            "span": st.integers(1, 4),
            "windowed": st.booleans(),
            "cached": st.booleans(),
            "blessed": st.booleans(),
            "until": st.sampled_from(["Pusher", "Pusher", "Trainer", "StatisticsGen"]),
            "back_to": st.integers(0, 3),
        }
    ),
    min_size=1,
    max_size=6,
)


def history(worked: Any, runs: list[dict[str, Any]]) -> list[tuple[bool, set[int]]]:
    """Makes the runs; of each whether it finished, and what it used."""
    told: list[tuple[bool, set[int]]] = []
    whole: list[dict[str, int]] = []
    for number, run in enumerate(runs):
        other = {9: whole[-1]["examples"]} if run["windowed"] and whole else {}
        last = whole[-1]["model"] if whole else None
        cached = whole[0] if run["cached"] and whole else None
        made = worked.run(
            f"{number:02d}",
            span=run["span"],
            window=other,
            cached=cached,
            base=last,
            baseline=last,
            blessed=run["blessed"],
            until=run["until"],
        )
        used = set(made.values())
        if run["until"] != "StatisticsGen":
            used |= set(other.values()) | ({last} if last else set())
        if run["until"] == "Pusher":
            whole.append(made)
        told.append((run["until"] == "Pusher", used))
        versions = [int(path.name) for path in worked.workdir.models.glob("*")]
        if run["back_to"] in versions:
            worked._versions = rollback(worked.workdir, run["back_to"]).version
    return told


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(RUNS, st.integers(1, 3))
def test_what_is_needed_stays_and_the_rest_goes_for_good(working: Any, runs: list[dict[str, Any]], keep: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        worked = working(Path(folder, "work"))
        made = history(worked, runs)
        finished = [number for number, (ended, _) in enumerate(made) if ended]
        first = finished[-keep] if len(finished) >= keep else 0
        baseline = read_inventory(worked.store).blessings()[:1]
        plan = make_plan(read_inventory(worked.store), worked.workdir, keep)
        collect(worked.store, plan)
        # Disk and metadata agree, and nothing of the runs that are kept is missing.
        assert worked.live() == worked.there()
        for _, used in made[first:]:
            assert used <= worked.live()
        # Once is enough.
        assert make_plan(read_inventory(worked.store), worked.workdir, keep).remove == []
        # The next run has the same baseline, and so has one after any rollback.
        assert [[artifact.id for artifact in pair] for pair in read_inventory(worked.store).blessings()[:1]] == [
            [artifact.id for artifact in pair] for pair in baseline
        ]
        for version in sorted(int(path.name) for path in worked.workdir.models.glob("*")):
            back = rollback(worked.workdir, version)
            model = int((worked.workdir.models / str(back.version) / "saved_model.pb").read_text().split()[-1])
            assert read_inventory(worked.store).blessings()[0][0].id == model

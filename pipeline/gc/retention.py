"""Which artifacts are still needed, and why."""

from __future__ import annotations

from collections.abc import Iterable

from widedeep.components.metadata.inventory import Inventory, is_usable
from widedeep.components.metadata.lineage import acceptances
from widedeep.components.metadata.pushes import model_of, pushes, raw_examples
from widedeep.components.metadata.store import Artifact
from widedeep.components.pusher.push import versions
from widedeep.components.pusher.version_info import first_pushed_as
from widedeep.pipeline.local.workdir import Workdir


def reasons_to_keep(inventory: Inventory, workdir: Workdir, runs: list[str]) -> dict[int, str]:
    """The first reason to keep each artifact that there is one for, by the artifact's id.

    Args:
        inventory: the metadata.
        workdir: where the pushed versions are.
        runs: those that are kept.
    """
    reasons = dict.fromkeys(inventory.artifacts_of(runs), "used by the runs that are kept")

    def keep(artifacts: Iterable[Artifact], why: str) -> None:
        for artifact in artifacts:
            reasons.setdefault(artifact.id, why)

    for pair in inventory.blessings()[:1]:
        keep(pair, "the last blessed model, the next run's baseline and start")
    push_by_version = pushes(inventory.store, str(workdir.models) if workdir.shared else None)
    folders = versions(workdir.models)
    for number, folder in folders.items():
        push = push_by_version.get(first_pushed_as(folder))
        if push is None:
            continue
        model = model_of(inventory.store, push)
        # Of several blessings of a model, pipelines take the latest.
        model_blessings = [blessing for judged, blessing in inventory.all_blessings() if judged.id == model.id]
        keep([model, *model_blessings[:1]], f"model of version {number}, a baseline and start after a rollback")
        if number == max(folders):
            keep(raw_examples(inventory.store, push), f"rows that version {number}, which serves, was trained on")
    keep(_training_window(inventory, runs), "spans of the training window, as the gate accepted them")
    keep(inventory.live("TransformCache")[-1:], "the latest analysis of spans, from which the next one starts")
    # Without it, the model would count as one that nothing speaks against.
    failed_trials = [trial for model, trial in inventory.failed_dry_runs().items() if model in reasons]
    keep(failed_trials, "dry runs that models failed which are kept")
    return reasons


def _training_window(inventory: Inventory, runs: list[str]) -> list[Artifact]:
    """The examples of the newest spans that the gate let pass, with their statistics and verdicts.

    The runs that are kept used them all, unless one of them went back to an earlier span.
    """
    latest: dict[int, tuple[int, int, int]] = {}
    for verdict, statistics, examples in acceptances(
        inventory.store, [verdict.id for verdict in inventory.live("DataVerdict")]
    ):
        artifact = inventory.artifacts[examples]
        if inventory.is_span(artifact) and is_usable(artifact):
            span = artifact.custom_properties["span"].int_value
            # Of a span that passed several times, the latest counts.
            latest[span] = max(latest.get(span, (0, 0, 0)), (examples, statistics, verdict))
    newest = sorted(latest, reverse=True)[: inventory.widest_window(runs)]
    return [inventory.artifacts[number] for span in newest for number in latest[span]]

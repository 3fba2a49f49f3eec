"""The versions that runs pushed, in the metadata of a working directory."""

from __future__ import annotations

from pathlib import PurePosixPath

from widedeep.components.metadata import lineage
from widedeep.components.metadata.properties import DESTINATION, ROLLED_BACK
from widedeep.components.metadata.store import Artifact, Store


def pushes(store: Store, base: str | None = None) -> dict[int, Artifact]:
    """What the Pusher recorded of each version, by its number.

    Where someone has removed versions their numbers are given again: the last push is what lies there.

    Args:
        store: ML Metadata's.
        base: the folder of versions; None where the store is a working directory's own, which has one.
    """
    versions = {}
    for push in sorted(store.get_artifacts_by_type("PushedModel"), key=lambda push: int(push.id)):
        if DESTINATION in push.custom_properties:
            version = PurePosixPath(push.custom_properties[DESTINATION].string_value)
            if base is None or version.parent == PurePosixPath(base):
                versions[int(version.name)] = push
    return versions


def mark_rolled_back(store: Store, put_back: int, words: str, base: str | None = None) -> list[int] | None:
    """Marks the models that runs pushed later than a version, and takes the mark from the version's own.

    Args:
        store: ML Metadata's, to write.
        put_back: the version's number.
        words: the mark.
        base: as for `pushes`.

    Returns:
        The versions whose models bear a mark; None where the metadata do not know the one that was put back.
    """
    versions = pushes(store, base)
    if put_back not in versions:
        return None
    models = {number: model_of(store, push) for number, push in versions.items()}
    good = models[put_back]
    # One model may have been pushed as several versions.
    marked = {model.id for model in models.values() if ROLLED_BACK in model.custom_properties} - {good.id}
    later = {model.id for number, model in models.items() if number > put_back} - {good.id}
    for model in {model.id: model for model in models.values()}.values():
        if model.id in later - marked:
            model.custom_properties[ROLLED_BACK].string_value = words
            store.put_artifacts([model])
    if ROLLED_BACK in good.custom_properties:
        del good.custom_properties[ROLLED_BACK]
        store.put_artifacts([good])
    return sorted(number for number, model in models.items() if model.id in marked | later)


def model_of(store: Store, push: Artifact) -> Artifact:
    """The Trainer's model that was pushed."""
    [model] = lineage.inputs(store, push.id, "model")
    return model


def raw_examples(store: Store, push: Artifact) -> list[Artifact]:
    """The examples that ExampleGen wrote and a pushed model was trained on, one artifact a span."""
    [transformed] = lineage.inputs(store, model_of(store, push).id, "examples")
    return lineage.inputs(store, transformed.id, "examples")

"""Puts an earlier version back, and keeps later runs from building on those that served after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from widedeep.components.common.errors import ConfigError
from widedeep.components.metadata.properties import ROLLED_BACK
from widedeep.components.metadata.pushes import model_of, opened, pushes
from widedeep.components.pusher import version_info
from widedeep.components.pusher.push import equal, push_again, versions
from widedeep.pipeline.local.workdir import Workdir


@dataclass(frozen=True)
class Rollback:
    """What came of one.

    Attributes:
        version: that serves now.
        put_back: the version that a run pushed and that serves again.
        instead_of: the version that served before; None where the wanted one served already.
        passed_over: versions whose models no later run takes as its baseline or start; None where the metadata do not
            know the model that was put back.
    """

    version: int
    put_back: int
    instead_of: int | None
    passed_over: list[int] | None


def rollback(workdir: Workdir, wanted: int) -> Rollback:
    """Makes what a version holds the next version, which servers take up by themselves.

    The metadata come first: where the push then fails, the next run builds on the wanted model all the same, and the
    same command does the rest.

    Args:
        workdir: held by the caller.
        wanted: the version's number.

    Raises:
        ConfigError: there is no such version.
        WideDeepError: it could not be written; the version that serves is unchanged.
    """
    known = versions(workdir.models)
    if wanted not in known:
        there = f"there are {', '.join(map(str, known))}" if known else "none has been pushed"
        raise ConfigError(f"{workdir.models}: there is no version {wanted}; {there}.")
    newest = max(known)
    serves = equal(known[wanted], known[newest], but=version_info.TOLD)
    put_back = version_info.first_pushed_as(known[newest if serves else wanted])
    now = datetime.now(UTC).isoformat(timespec="seconds")
    passed_over = _mark(workdir, put_back, f"to version {put_back} at {now}")
    if serves:
        return Rollback(newest, put_back, None, passed_over)
    told = version_info.read(known[wanted], version_info.LINEAGE)
    told["rollback"] = {"to": put_back, "from": newest, "at": now}
    folder = push_again(known[wanted], {version_info.LINEAGE: version_info.text(told)})
    return Rollback(int(folder.name), put_back, newest, passed_over)


def _mark(workdir: Workdir, put_back: int, words: str) -> list[int] | None:
    """Marks the models that runs pushed later than a version, and takes the mark from the version's own.

    Returns:
        The versions whose models bear a mark; None where the metadata do not know the one that was put back.
    """
    if not workdir.metadata.is_file():
        return None
    store = opened(workdir, to_write=True)
    pushed = pushes(store)
    if put_back not in pushed:
        return None
    models = {number: model_of(store, push) for number, push in pushed.items()}
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

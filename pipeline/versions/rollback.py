"""Puts an earlier version back, and keeps later runs from building on those that served after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from widedeep.components.common.errors import ConfigError
from widedeep.components.metadata.pushes import mark_rolled_back
from widedeep.components.metadata.store import Store, open_file
from widedeep.components.pusher import version_info
from widedeep.components.pusher.push import equal, push_again, versions
from widedeep.pipeline.local.workdir import Workdir


@dataclass(frozen=True)
class RollbackResult:
    """What came of a rollback.

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


def rollback(workdir: Workdir, wanted: int, shared: Store | None = None) -> RollbackResult:
    """Makes what a version holds the next version, which servers take up by themselves.

    The metadata come first: where the push then fails, the next run builds on the wanted model all the same, and the
    same command does the rest.

    Args:
        workdir: held by the caller.
        wanted: the version's number.
        shared: the metadata that this pipeline shares with others; None where they are the working directory's own.

    Raises:
        ConfigError: there is no such version.
        WideDeepError: it could not be written; the version that serves is unchanged.
    """
    known = versions(workdir.models)
    if wanted not in known:
        there = f"there are {', '.join(map(str, known))}" if known else "none has been pushed"
        raise ConfigError(f"{workdir.models}: there is no version {wanted}; {there}.")
    newest = max(known)
    serves = equal(known[wanted], known[newest], but=version_info.INFO_FILES)
    put_back = version_info.first_pushed_as(known[newest if serves else wanted])
    now = datetime.now(UTC).isoformat(timespec="seconds")
    passed_over = None
    words = f"to version {put_back} at {now}"
    if shared is not None:
        passed_over = mark_rolled_back(shared, put_back, words, str(workdir.models))
    elif workdir.metadata.is_file():
        passed_over = mark_rolled_back(open_file(workdir.metadata, to_write=True), put_back, words)
    if serves:
        return RollbackResult(newest, put_back, None, passed_over)
    before = version_info.read_lineage(known[wanted]) or version_info.Lineage()
    again = version_info.Rollback.model_validate({"to": put_back, "from": newest, "at": now})
    lineage = before.model_copy(update={"rollback": again})
    folder = push_again(known[wanted], {version_info.LINEAGE: lineage.text()})
    return RollbackResult(int(folder.name), put_back, newest, passed_over)

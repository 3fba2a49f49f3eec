"""A pattern of some files and no others."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence

from widedeep.components.common.errors import ConfigError
from widedeep.components.ingest.paths import literal, matching_files


def pattern_of(folder: str, files: Sequence[str]) -> str:
    """A pattern of these files and no others; of several candidates the simplest."""
    relative = [os.path.relpath(path, folder) if "://" not in path else path[len(folder) + 1 :] for path in files]
    for pattern in _candidates(relative):
        try:
            if sorted(matching_files(os.path.join(literal(folder), pattern))) == sorted(files):
                return pattern
        except ConfigError:
            continue
    raise ConfigError(
        f"{folder}: no one pattern matches the files {', '.join(relative[:3])} and no others. Put them into a folder "
        "of their own, or name a pattern."
    )


def _candidates(relative: Sequence[str]) -> Iterable[str]:
    first = relative[0]
    if len(relative) == 1:
        yield glob.escape(first)
    depths = {path.count("/") for path in relative}
    if len(depths) > 1:
        return
    folders = {os.path.dirname(path) for path in relative}
    head = f"{glob.escape(folders.pop())}/" if len(folders) == 1 and os.path.dirname(first) else "*/" * depths.pop()
    yield f"{head}*"
    suffix = _shared_start([os.path.basename(path)[::-1] for path in relative])[::-1]
    prefix = _shared_start([os.path.basename(path) for path in relative])
    ending = suffix[suffix.find(".") :] if "." in suffix else ""
    yield f"{head}*{glob.escape(ending)}"
    yield f"{head}{glob.escape(prefix)}*{glob.escape(ending)}"
    top = _shared_start([path.split("/")[0] for path in relative])
    if "/" in first:
        yield f"{glob.escape(top)}*/" + "*/" * (first.count("/") - 1) + "*"


def _shared_start(texts: Sequence[str]) -> str:
    """What all begin with."""
    first, last = min(texts), max(texts)
    length = next((at for at, sign in enumerate(first) if at >= len(last) or sign != last[at]), len(first))
    return first[:length]

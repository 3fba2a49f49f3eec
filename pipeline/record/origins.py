"""What a run's model was made of, in words, for the report."""

from __future__ import annotations

from widedeep.components.pusher.version_info import Data, Lineage


def origins(run: str, lineage: Lineage | None) -> list[tuple[str, str]]:
    """Pairs of label and text.

    Args:
        run: the run's id.
        lineage: of the pushed version; None where none was pushed.
    """
    pairs = [("run", run)]
    if lineage is None:
        return pairs
    pairs += [("data", _data(data)) for data in lineage.data]
    if lineage.baseline:
        version = f"version {lineage.baseline.version}, " if lineage.baseline.version else ""
        pairs.append(("baseline", f"{version}{lineage.baseline.uri}"))
    pairs += [(f"code of {step}", digest) for step, digest in sorted(lineage.code.items())]
    pairs += sorted(lineage.libraries.items())
    return pairs


def _data(data: Data) -> str:
    span = f"span {data.span}, " if data.span else ""
    return f"{span}{data.uri}"

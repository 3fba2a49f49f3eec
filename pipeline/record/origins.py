"""What a run's model was made of, in words, for the report."""

from __future__ import annotations

from typing import Any


def origins(run: str, lineage: dict[str, Any]) -> list[tuple[str, str]]:
    """Pairs of label and text.

    Args:
        run: the run's id.
        lineage: of the pushed version (see components/pusher/version_info.py); {} where none was pushed.
    """
    told = [("run", run)]
    if not lineage:
        return told
    told += [("data", _data(one)) for one in lineage["data"]]
    baseline = lineage["baseline"]
    if baseline:
        version = f"version {baseline['version']}, " if baseline["version"] else ""
        told.append(("baseline", f"{version}{baseline['uri']}"))
    told += [(f"code of {step}", digest) for step, digest in sorted(lineage["code"].items())]
    told += [(name, version) for name, version in sorted(lineage["libraries"].items())]
    return told


def _data(one: dict[str, Any]) -> str:
    span = f"span {one['span']}, " if one["span"] else ""
    return f"{span}{one['uri']}"

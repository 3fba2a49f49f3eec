"""What a pushed version tells of itself, in files that servers leave alone.

assets.extra/metrics.json: the metrics of `candidate` and, where there was one, `baseline`, on the evaluation's rows.

assets.extra/lineage.json:
    pipeline, run: names of both.
    pushed: when, UTC, ISO 8601.
    model: `id` and `uri` of the Trainer's artifact.
    baseline: the same of the model that it was compared with, and the `version` that held it; null where there is none.
    data: `span`, `version`, `fingerprint` (of the files that were read) and `uri` of each span that it was trained on.
    code: digest of the code behind each step.
    libraries: their versions.
    rollback: of a version that a rollback put back, the version `to` which it went, `from` which, and `at` what time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

METRICS = "assets.extra/metrics.json"
LINEAGE = "assets.extra/lineage.json"
# These two, without which two pushes of one model are the same.
TOLD = (METRICS, LINEAGE)


def read(version: Path, name: str) -> dict[str, Any]:
    """One of the two files; {} where a version carries none, or none that is whole."""
    try:
        found = json.loads((version / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def text(content: dict[str, Any]) -> str:
    """How either file is written."""
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def first_pushed_as(version: Path) -> int:
    """The version under which a run pushed what a rollback may have put back as this one."""
    rollback = read(version, LINEAGE).get("rollback")
    return int(rollback["to"] if rollback else version.name)

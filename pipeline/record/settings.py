"""A run's settings and declaration as flat lists of dotted keys and short texts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from widedeep.pipeline.record.summary import Summary


def settings_of(summary: Summary) -> dict[str, str]:
    """What a run was made with, defaults filled in; empty of an older record.

    What a search for training options chose stands in their place, and each feature under its key.
    """
    settings = dict(
        _flat("", {**summary.settings, **({"declared": summary.declaration} if summary.declaration else {})})
    )
    if summary.tuning:
        [best] = [trial.values for trial in summary.tuning.trials if trial.trial == summary.tuning.best] or [{}]
        for name, value in best.items():
            settings |= _flat(f"{'declared' if name.startswith('features.') else 'training'}.{name}", value)
    return settings


def _flat(key: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    if not key and not value:
        return
    if isinstance(value, Mapping) and value:
        for name, part in value.items():
            yield from _flat(f"{key}.{name}" if key else name, part)
    elif isinstance(value, list) and value and all(isinstance(part, dict) and _name(part) for part in value):
        for part in value:
            assert isinstance(part, dict)
            rest = {name: inner for name, inner in part.items() if name not in ("key", "keys")}
            yield from _flat(f"{key}.{_name(part)}", rest)
    else:
        yield key, _text(value)


def _name(part: Mapping[str, JsonValue]) -> str:
    """Of a feature its key, of a cross its keys; "" of anything else."""
    keys = part.get("keys")
    if isinstance(keys, list):
        return "_x_".join(str(key) for key in keys)
    return str(part.get("key") or "")


def _text(value: JsonValue) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

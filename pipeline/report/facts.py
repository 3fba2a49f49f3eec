"""The dry run's checks, and what the model was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import compact, items, number


@dataclass(frozen=True)
class Check:
    """One check of the model as a server; `said` is what is wrong, "" for nothing."""

    name: str
    value: str
    limit: str
    ok: bool
    said: str


@dataclass(frozen=True)
class DryRun:
    """What answered, and how well."""

    server: str
    checks: list[Check]

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(check.ok for check in self.checks)


def dry_run(summary: Summary) -> DryRun | None:
    """The dry run, None where there was none."""
    raw = summary.dry_run
    if not raw:
        return None
    checks = [_check(one) for one in items(raw.get("checks")) if isinstance(one, Mapping)]
    return DryRun(str(raw.get("server", "")).replace("_", " "), checks)


def _check(one: Mapping[str, Any]) -> Check:
    return Check(
        name=str(one.get("name", "?")),
        value=_text(one.get("value")),
        limit=_text(one.get("limit")),
        ok=one.get("ok") is True,
        said=str(one.get("said") or ""),
    )


def lineage(summary: Summary) -> list[tuple[str, str]]:
    """Label and text of each fact."""
    return [(str(one[0]), str(one[1])) for one in summary.lineage if len(one) == 2]


def _text(value: Any) -> str:
    """A number with the digits that say something; what is not there is not said."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    known = number(value)
    return str(value) if known is None else compact(known)

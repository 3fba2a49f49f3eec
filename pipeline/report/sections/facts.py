"""The dry run's checks, and what the model was made of."""

from __future__ import annotations

from dataclasses import dataclass

from widedeep.components.common.records import Number
from widedeep.components.dryrun import dry_run_record
from widedeep.pipeline.record.summary import Summary
from widedeep.pipeline.report.numbers import compact


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
    record = summary.dry_run
    if record is None:
        return None
    return DryRun(record.server.replace("_", " "), [_check(check) for check in record.checks])


def _check(check: dry_run_record.Check) -> Check:
    return Check(check.name, _text(check.value), _text(check.limit), check.ok, check.said)


def lineage(summary: Summary) -> list[tuple[str, str]]:
    """Label and text of each fact."""
    return list(summary.lineage)


def _text(value: Number) -> str:
    """A number with the digits that say something; what is not there is not said."""
    return "" if value is None else compact(value)

"""What a dry run leaves for people: which server the candidate was tried in, and what was checked."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from widedeep.components.common.records import Number, Record

RECORD = "dry_run.json"


class Check(Record):
    """One thing that was tried."""

    name: str = Field(description="what")
    value: Number = Field(description="what came out; null where nothing, or no number, did")
    limit: float | None = Field(description="what is allowed at most; null where there is no limit")
    ok: bool = Field(description="whether it holds")
    said: str = Field("", description="in words, where it does not hold")
    measures: Literal["model", "machine"] = Field(
        "model", description="machine: what came out depends on where and when it was measured"
    )


class DryRunRecord(Record):
    """One dry run."""

    server: str = Field(description="that the candidate was tried in")
    checks: list[Check] = Field(description="in the order in which they were made; empty where nothing was tried")

    @property
    def passed(self) -> bool:
        """Whether something was checked, and all of it holds."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    @property
    def is_open(self) -> bool:
        """Whether the machine alone is at fault: the model is as good as it was, and the next run tries it again."""
        failed = [check.measures for check in self.checks if not check.ok]
        return bool(failed) and "model" not in failed

    @property
    def refusals(self) -> list[str]:
        """What does not hold, a sentence each."""
        again = " (of the machine, not of the model: the same command tries it again)"
        return [f"{check.said}{again if self.is_open else ''}" for check in self.checks if not check.ok]

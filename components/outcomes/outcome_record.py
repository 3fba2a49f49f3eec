"""What came of a join."""

from __future__ import annotations

from pydantic import Field

from widedeep.components.common.records import Record


class OutcomeRecord(Record):
    """Counts of a join: each action is counted once, under the first that holds."""

    impressions: int = Field(0, description="rows that were shown")
    positives: int = Field(0, description="rows that an action followed in time")
    taken: int = Field(0, description="actions that made rows positive: the first of each request and candidate")
    repeated: int = Field(0, description="further actions in time on the same request and candidate")
    late: int = Field(0, description="actions after the window")
    early: int = Field(0, description="actions before the impression")
    unshown: int = Field(0, description="actions on what these impressions do not have")

    def plus(self, other: OutcomeRecord) -> OutcomeRecord:
        """The counts of both."""
        return OutcomeRecord(**{name: getattr(self, name) + getattr(other, name) for name in type(self).model_fields})

"""The join itself, of some requests: which impressions an action followed in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from widedeep.components.outcomes.outcome_record import OutcomeRecord

# The columns of actions, beside the candidate's: the request's id, and when, in microseconds since 1970.
ACTED_ON, ACTED = "request", "acted"


@dataclass(frozen=True)
class LogColumns:
    """The columns of impressions: when a candidate was shown, by which request, and as which of its candidates."""

    time: str
    request: str
    rank: str
    candidate: str


def match(
    impressions: pa.Table, actions: pa.Table, columns: LogColumns, label: str, within: int
) -> tuple[pa.Table, OutcomeRecord]:
    """Labels impressions.

    An action belongs to the impressions of its request and candidate, and is in time from their moment to `within`
    after it, both ends included.

    Args:
        impressions: as a request log has them; all of any request that is among them.
        actions: ACTED_ON, the candidate's column, and ACTED; all of these requests.
        columns: of both.
        label: the column to add.
        within: microseconds.

    Returns:
        The impressions by time, request and rank, with the label, 0 or 1; and the counts.
    """
    order = [(name, "ascending") for name in (columns.time, columns.request, columns.rank)]
    impressions = impressions.sort_by(order)
    shown = pd.DataFrame(
        {"request": impressions[columns.request], "candidate": impressions[columns.candidate].cast(pa.string())}
    )
    shown["at"] = impressions[columns.time].cast(pa.int64()).to_numpy()
    acted = pd.DataFrame(
        {"request": actions[ACTED_ON], "candidate": actions[columns.candidate], "acted": actions[ACTED]}
    )
    # Pandas would match what is missing with what is missing.
    named = acted.dropna()
    nameless = len(acted) - len(named)
    acted = named.merge(shown.drop_duplicates(["request", "candidate"]), how="left", on=["request", "candidate"])
    waited = acted["acted"] - acted["at"]
    in_time = acted[(waited >= 0) & (waited <= within)]
    first = in_time.drop_duplicates(["request", "candidate"])
    labels = shown.merge(first[["request", "candidate"]], how="left", indicator=True)["_merge"].eq("both").to_numpy()
    counts = OutcomeRecord(
        impressions=len(shown),
        positives=int(labels.sum()),
        taken=len(first),
        repeated=len(in_time) - len(first),
        late=int((waited > within).sum()),
        early=int((waited < 0).sum()),
        unshown=int(waited.isna().sum()) + nameless,
    )
    return impressions.append_column(label, pa.array(labels.astype(np.int8))), counts

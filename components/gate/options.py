"""What a person may set about the gate on data, under `gate` in the pipeline's config."""

from __future__ import annotations

from typing import Literal

from components.features.spec import Key
from components.features.strict import Strict

Severity = Literal["stop", "warn", "ignore"]


class GateOptions(Strict):
    """How severe an anomaly is: by feature, else the default."""

    anomalies: Severity = "stop"
    features: dict[Key, Severity] = {}

    def severity(self, feature: str) -> Severity:
        """What an anomaly of this feature does ('' is the data set as a whole)."""
        return self.features.get(feature, self.anomalies)

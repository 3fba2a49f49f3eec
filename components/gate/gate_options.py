"""What a person may set about the gate on data, under `gate` in the pipeline's config."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from widedeep.components.common.errors import ConfigError
from widedeep.components.common.settings import Strict, nearest
from widedeep.components.features.names import Key
from widedeep.components.features.spec import FeatureSpec

Severity = Literal["stop", "warn", "ignore"]


class GateOptions(Strict):
    """How severe an anomaly is: by feature, else the default."""

    anomalies: Severity = Field("stop", description="of every feature that is not named in `features`")
    features: dict[Key, Severity] = Field({}, description="by feature, label or weight")
    unseen: float | None = Field(
        None,
        ge=0,
        le=1,
        description="largest share of a feature's strings in a split, or in `data.serving`, that train never had; "
        "null: only those that train has written otherwise are an anomaly",
    )

    def severity(self, feature: str) -> Severity:
        """What an anomaly of this feature does ('' is the data set as a whole)."""
        return self.features.get(feature, self.anomalies)


def check_features(options: GateOptions, spec: FeatureSpec) -> None:
    """Checks that every feature that has a severity of its own is declared (the label and the weight are, too).

    Raises:
        ConfigError: names the unknown one and the nearest known one.
    """
    known = [*spec.by_key, spec.label.key, *filter(None, [spec.weight])]
    for name in options.features:
        if name not in known:
            raise ConfigError(f"gate.features: unknown feature '{name}': {nearest(name, known)}")

"""Calibration: what a model predicts beside what is true, in equal shares of the rows by its score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from widedeep.pipeline.report.charts.axes import Axis
from widedeep.pipeline.report.charts.lines import FLOOR, LEFT, MODELS, RIGHT, TALL, TOP, WIDTH, Chart, Series, draw
from widedeep.pipeline.report.numbers import fixed


@dataclass(frozen=True)
class Share:
    """The rows of one share: their mean prediction and mean label, and the ends of the latter's interval."""

    predicted: float
    actual: float
    low: float
    high: float


def calibration_chart(models: Mapping[str, Sequence[Share]], sure: bool) -> Chart | None:
    """On equal axes, so that a calibrated model lies on the diagonal.

    Args:
        models: by name the shares, the lowest prediction first.
        sure: whether the score is how sure a model is of the likeliest class.
    """
    drawn = {model: models[model] for model in MODELS if models.get(model)}
    if not drawn:
        return None
    values = [value for shares in drawn.values() for share in shares for value in (share.predicted, share.actual)]
    x, y = Axis.rounded(values, LEFT, WIDTH - RIGHT), Axis.rounded(values, FLOOR, TOP)
    return Chart(
        title="Calibration",
        by="share right" if sure else "true by predicted",
        text="; ".join(_farthest(model, shares) for model, shares in reversed(drawn.items())) + ".",
        lines=[draw(_series(model, shares), x, y) for model, shares in drawn.items()],
        x=x,
        y=y,
        xlabel="how sure" if sure else "predicted",
        size=(WIDTH, TALL),
        reference=(LEFT, FLOOR, WIDTH - RIGHT, TOP),
    )


def _series(model: str, shares: Sequence[Share]) -> Series:
    return Series(
        name=model,
        look=MODELS[model],
        points=[(share.predicted, share.actual) for share in shares],
        tips=[f"{model}: {fixed(share.predicted)} predicted, {fixed(share.actual)} true" for share in shares],
        # The baseline's would hide the candidate's.
        intervals=[(share.predicted, share.low, share.high) for share in shares if model == "candidate"],
    )


def _farthest(model: str, shares: Sequence[Share]) -> str:
    worst = max(shares, key=lambda share: abs(share.actual - share.predicted))
    return f"{model}: farthest off where it predicts {fixed(worst.predicted)} and {fixed(worst.actual)} is true"

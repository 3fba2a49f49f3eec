"""How a regression's errors are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from widedeep.pipeline.report.charts.axes import Axis
from widedeep.pipeline.report.charts.lines import FLOOR, LEFT, MODELS, RIGHT, TALL, TOP, WIDTH, Chart, Series, draw
from widedeep.pipeline.report.numbers import fixed


def residual_chart(middles: Sequence[float], shares: Mapping[str, Sequence[float]]) -> Chart | None:
    """The share of rows by label less prediction, in equally wide bins.

    Args:
        middles: of the bins.
        shares: by model the share of rows in each bin.
    """
    drawn = {
        model: shares[model] for model in MODELS if any(shares.get(model, ())) and len(shares[model]) == len(middles)
    }
    if not drawn:
        return None
    x = Axis.fitted(middles, LEFT, WIDTH - RIGHT, air=0.5)
    y = Axis.rounded([0.0, *(share for bins in drawn.values() for share in bins)], FLOOR, TOP)
    return Chart(
        title="Residuals",
        by="share of rows",
        text="; ".join(_most(model, middles, bins) for model, bins in reversed(drawn.items())) + ".",
        lines=[
            draw(Series(model, MODELS[model], list(zip(middles, bins, strict=True))), x, y)
            for model, bins in drawn.items()
        ],
        x=x,
        y=y,
        xlabel="label less prediction",
        size=(WIDTH, TALL),
        reference=(x.place(0), FLOOR, x.place(0), TOP) if x.holds(0) else None,
    )


def _most(model: str, middles: Sequence[float], bins: Sequence[float]) -> str:
    place = max(range(len(bins)), key=bins.__getitem__)
    return f"{model}: most rows near {fixed(middles[place], 2)}"

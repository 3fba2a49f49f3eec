"""A page of charts alone, in the report's looks."""

from __future__ import annotations

from collections.abc import Sequence

from widedeep.pipeline.report.charts import Chart
from widedeep.pipeline.report.templating import rendered


def chart_page(title: str, facts: Sequence[str], charts: Sequence[Chart]) -> str:
    """The page as one HTML document.

    Args:
        title: its heading.
        facts: a few words each, below it.
        charts: in their order.
    """
    return rendered("templates/charts.html.jinja", title=title, facts=facts, charts=charts)

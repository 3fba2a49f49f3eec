"""Days of a simulated app store, each served by the model that the days before have trained.

    python examples/loop/loop.py work/loop [--days 5] [--requests 4000]

On the first day an older ranker shows the apps. From then on a model does: `widedeep serve` serves what was pushed, the
ranking client asks it and logs what it asked, users install by their true chance, `widedeep join` makes labelled rows
of the log and the installs, and `widedeep run` trains on them from the last model, after it has checked drift from the
day before and skew from what was served, and pushes: the server goes over to the new model while it runs. What that
brings stands in work/loop/loop.html.
"""

from __future__ import annotations

from pathlib import Path

import click
from shop import Shop
from steps import Server, join, train

from widedeep.pipeline.report.chart_page import chart_page
from widedeep.pipeline.report.charts import day_chart


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--days", default=5, show_default=True, type=click.IntRange(2), help="To simulate.")
@click.option("--requests", default=4000, show_default=True, help="A day, of ten apps each.")
def main(folder: Path, days: int, requests: int) -> None:
    """Simulates the days."""
    shop = Shop(days, requests)
    older = shop.first_day(folder / "days" / "day-1" / "rows" / "rows.parquet")
    train(folder, served=False)
    with Server(folder / "work" / "models") as server:
        for day in range(2, days + 1):
            here = folder / "days" / f"day-{day}"
            shop.served_day(day - 1, server.target, here / "requests", here / "installs.parquet")
            counts = join(here)
            click.echo(f"day {day}: {counts['positives']:,} installs of {counts['impressions']:,} impressions")
            if version := train(folder, served=True):
                server.wait_for(version)
                click.echo(f"day {day}: version {version} is served")
    page = folder / "loop.html"
    facts = [f"{days} days of {requests:,} requests", f"an older ranker on day 1: {older:.4f}"]
    page.write_text(chart_page("The loop", facts, [day_chart("Installs per impression", shop.rates, first=2)]))
    click.echo(f"{'installs per impression':<25}{'  '.join(f'day {day:<2}' for day in range(2, days + 1))}")
    for name, rates in reversed(shop.rates.items()):
        click.echo(f"{name:<25}{'  '.join(f'{rate:.4f}' for rate in rates)}")
    click.echo(f"{'page':<25}{page}")


if __name__ == "__main__":
    main()

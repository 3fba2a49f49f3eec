"""What several of the commands for a cluster take."""

from __future__ import annotations

from collections.abc import Callable

import click

image_option = click.option("--image", help="The containers' image.  [default: kubeflow.image of PIPELINE.yaml]")


def with_image(overrides: tuple[str, ...], image: str | None) -> tuple[str, ...]:
    """The settings that were changed, with the image."""
    return overrides if image is None else (*overrides, f"kubeflow.image={image}")


def connection_options(function: Callable[..., None]) -> Callable[..., None]:
    """Which server, and as whom."""
    for option in reversed(
        (
            click.option("--host", envvar="KUBEFLOW_HOST", help="The server's address.  [env: KUBEFLOW_HOST]"),
            click.option("--namespace", envvar="KUBEFLOW_NAMESPACE", help="Of the runs.  [env: KUBEFLOW_NAMESPACE]"),
            click.option("--token", envvar="KUBEFLOW_TOKEN", help="To log in with.  [env: KUBEFLOW_TOKEN]"),
        )
    ):
        function = option(function)
    return function


def required(host: str | None) -> str:
    """The server's address. Raises click.UsageError where none is given."""
    if not host:
        raise click.UsageError("No server is named: give --host, or KUBEFLOW_HOST in the environment.")
    return host

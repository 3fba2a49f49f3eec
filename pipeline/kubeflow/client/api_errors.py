"""What a Kubeflow Pipelines server refuses, in sentences."""

from __future__ import annotations

import contextlib
import io
import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from kfp_server_api import ApiException
from urllib3.exceptions import HTTPError

from widedeep.components.common.errors import ConfigError, WideDeepError, reason, shown


@contextmanager
def api_errors(host: str) -> Iterator[None]:
    """Turns the client's errors into sentences, and keeps what it prints from the person's output."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            # At every start the client warns of servers before 2.0.
            warnings.simplefilter("ignore", FutureWarning)
            yield
    except ApiException as error:
        raise _api_error(host, error) from error
    except (HTTPError, TimeoutError) as error:
        raise WideDeepError(
            f"{host}: the Kubeflow Pipelines server does not answer: {reason(error)}. Is --host right, and the way "
            "there open (kubectl port-forward -n kubeflow svc/ml-pipeline 8888:8888)?"
        ) from error


def _api_error(host: str, error: ApiException) -> WideDeepError:
    text = error.body or error.reason
    with contextlib.suppress(TypeError, ValueError, AttributeError):
        body = json.loads(error.body)
        # Uploads fail in other words than all else.
        text = body.get("error_message") or body.get("message") or text
    if error.status in (401, 403):
        return ConfigError(
            f"{host}: the server refuses the request ({error.status}): {reason(text)}. Give a token that is valid for "
            "the namespace: --token, or KUBEFLOW_TOKEN in the environment."
        )
    return WideDeepError(f"{host}: the server answers {error.status}: {reason(text)}.")


def check_host(host: str) -> None:
    """The form of an address. Raises ConfigError where it is none."""
    if not re.match(r"https?://[^/]", host):
        raise ConfigError(f"--host {shown(host)}: needs http:// or https://, for example http://localhost:8888.")

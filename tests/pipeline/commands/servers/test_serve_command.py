"""What `widedeep serve` tells the person who started it. Serving itself is tested with the stand-in server."""

from __future__ import annotations

import logging

import pytest

from widedeep.pipeline.commands.servers import serve
from widedeep.serving.standin import core


def test_the_servers_log_reaches_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = logging.getLogger("widedeep.serving")
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "propagate", True)
    monkeypatch.setattr(logger, "level", logging.NOTSET)
    serve._log_to_terminal()
    core.log.info("model %s: version %d is loaded", "m", 3)
    assert capsys.readouterr().err.endswith(" model m: version 3 is loaded\n")

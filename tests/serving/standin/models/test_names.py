"""A model's folder of any name, and the models that a server tells of."""

from __future__ import annotations

import pytest

from widedeep.serving.client import ModelError, RankingClient
from widedeep.serving.literal_path import literal_path


def test_a_folder_that_looks_like_a_pattern_is_served(serve, tmp_path, small_model):
    small_model.write(tmp_path / "m [v2]*? :dog:" / "1", bias=1.0)
    # What the pattern would match.
    small_model.write(tmp_path / "m vxx :dog:" / "1", bias=9.0)
    served = serve(tmp_path / "m [v2]*? :dog:")
    response = served.predict({"x": [0.0]}, "predict_raw")
    assert response.outputs["score"].float_val[0] == pytest.approx(small_model.score(0.0, bias=1.0))


def test_only_such_a_folder_gets_a_link(tmp_path):
    with literal_path(tmp_path) as plain:
        assert plain == tmp_path
    odd = tmp_path / "[v2]"
    odd.mkdir()
    (odd / "file").write_text("x")
    with literal_path(odd) as link:
        assert (link / "file").read_text() == "x"
        assert not set("[*?") & set(str(link))
    assert not link.exists()


def test_a_refusal_tells_which_models_there_are(serve, tmp_path, small_model):
    small_model.write(tmp_path / "served" / "1")
    served = serve(tmp_path / "served")
    with RankingClient(f"localhost:{served.port}", model="other") as client, pytest.raises(ModelError) as caught:
        client.features()
    assert caught.value.served == ("small",)
    assert str(caught.value).endswith("Servable not found for request: Latest(other). The server has: small.")

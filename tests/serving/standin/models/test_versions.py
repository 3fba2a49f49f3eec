"""Which versions are loaded, what becomes of those that fail, and which one a request gets."""

from __future__ import annotations

import gc
import shutil
import weakref

import pytest

START, LOADING, AVAILABLE, UNLOADING, END = 10, 20, 30, 40, 50
LABELS = 'version_labels { key: "stable" value: 1 } version_labels { key: "canary" value: 2 }'


@pytest.fixture
def base(tmp_path, small_model):
    small_model.write(tmp_path / "small" / "1", bias=1.0)
    return tmp_path / "small"


def _states(served, name="small"):
    from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest

    request = GetModelStatusRequest()
    request.model_spec.name = name
    return {version.version: version.state for version in served.models.GetModelStatus(request).model_version_status}


def _status(served, version):
    from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest

    request = GetModelStatusRequest()
    request.model_spec.name = "small"
    request.model_spec.version.value = version
    return served.models.GetModelStatus(request).model_version_status[0].status


def _bias(served, **chosen):
    """The bias of the version that answers, which is its logit on nothing."""
    response = served.predict({"x": [0.0]}, "predict_raw", **chosen)
    return response.model_spec.version.value, pytest.approx(response.outputs["logit"].float_val[0])


def _copied(folder, to):
    # Whole at once, as the Pusher does.
    shutil.copytree(folder, to.with_name(f".{to.name}"))
    to.with_name(f".{to.name}").rename(to)


def test_a_new_version_takes_over_and_the_old_one_ends(serve, base, small_model, until):
    served = serve(base)
    assert _bias(served) == (1, 1.0)
    small_model.write(base / "2", bias=2.0)
    until(lambda: _states(served) == {1: END, 2: AVAILABLE})
    assert _bias(served) == (2, 2.0)
    assert _status(served, 1).error_code == 0


def test_a_version_that_is_unloaded_leaves_nothing_in_memory(serve, base, small_model, until):
    served = serve(base)
    graph = weakref.ref(served.core.models.registry._serving["small"][1]._session.graph)
    gc.disable()
    try:
        small_model.write(base / "2", bias=2.0)
        until(lambda: _states(served) == {1: END, 2: AVAILABLE})
        assert graph() is None
    finally:
        gc.enable()


def test_a_lower_number_that_comes_later_changes_nothing(serve, base, small_model, until):
    small_model.write(base / "10", bias=10.0)
    served = serve(base)
    small_model.write(base / "9", bias=9.0)
    served.core.models.look()
    assert _states(served) == {10: AVAILABLE}
    shutil.rmtree(base / "10")
    until(lambda: _states(served) == {9: AVAILABLE, 10: END})
    assert _bias(served) == (9, 9.0)


def test_a_version_that_fails_leaves_the_old_one_and_is_tried_again(serve, base, small_model, until):
    served = serve(base)
    (base / "2").mkdir()
    (base / "2" / "saved_model.pb").write_bytes(b"\xff no graph")
    until(lambda: _states(served).get(2) == END)
    assert _states(served)[1] == AVAILABLE
    status = _status(served, 2)
    assert status.error_code == 3
    assert "Cannot parse file" in status.error_message
    assert _bias(served) == (1, 1.0)
    small_model.write(base / "other", bias=2.0)
    shutil.copytree(base / "other", base / "2", dirs_exist_ok=True)
    until(lambda: _states(served) == {1: END, 2: AVAILABLE})
    assert _bias(served) == (2, 2.0)


def test_what_fails_is_not_tried_again_unchanged(serve, base):
    (base / "2").mkdir()
    (base / "2" / "saved_model.pb").write_bytes(b"\xff no graph")
    served = serve(base, poll=1000)
    loads = []
    real = served.core.models._versions._load_version
    served.core.models._versions._load_version = lambda *args: (loads.append(args), real(*args))[1]
    served.core.models.look()
    assert loads == []
    (base / "2" / "saved_model.pb").write_bytes(b"\xff still no graph")
    served.core.models.look()
    assert [version for _, version, _ in loads] == [2]


def test_a_half_written_version_is_not_looked_at(serve, base, small_model, until):
    served = serve(base, poll=1000)
    small_model.write(base / "whole", bias=2.0)
    shutil.copytree(base / "whole" / "variables", base / "2" / "variables")
    served.core.models.look()
    assert _states(served) == {1: AVAILABLE}
    shutil.copytree(base / "whole", base / "2", dirs_exist_ok=True)
    served.core.models.look()
    assert _states(served)[2] == AVAILABLE


def test_only_folders_named_by_digits_count(serve, base):
    for name in ("2a", "-3", "+4", "1e3", "\u0669", "latest", ".6", "9" * 30, "0x8"):
        _copied(base / "1", base / name)
    (base / "7").write_text("a file")
    _copied(base / "1", base / "0008")
    served = serve(base)
    assert _states(served) == {8: AVAILABLE}


@pytest.mark.parametrize(
    ("policy", "loaded"),
    [
        ("", [4]),
        ("latest {}", [4]),
        ("latest { num_versions: 2 }", [2, 4]),
        ("all {}", [1, 2, 4]),
        ("specific { versions: 1 versions: 2 versions: 3 }", [1, 2]),
    ],
)
def test_policies(serve, base, make_config, policy, loaded):
    for number in (2, 4):
        _copied(base / "1", base / str(number))
    served = serve(make_config({"small": base}, f"model_version_policy {{ {policy} }}"))
    assert served.core.models.loaded() == {"small": loaded}
    assert _bias(served)[0] == loaded[-1]


def test_versions_by_number_and_label(serve, base, small_model, make_config, refused):
    small_model.write(base / "2", bias=2.0)
    served = serve(make_config({"small": base}, "model_version_policy { all {} }" + LABELS))
    assert _bias(served, version=1) == (1, 1.0)
    assert _bias(served, label="stable") == (1, 1.0)
    assert _bias(served, label="canary") == (2, 2.0)
    with refused("INVALID_ARGUMENT", "Unrecognized servable version label: beta"):
        _bias(served, label="beta")


def test_a_label_of_a_version_that_is_not_there(serve, base, make_config, refused):
    served = serve(make_config({"small": base}, LABELS))
    with refused("NOT_FOUND", "Servable not found for request: Specific(small, 2)"):
        _bias(served, label="canary")


def test_without_any_version_there_is_nothing_to_ask_until_one_comes(serve, tmp_path, small_model, refused, until):
    (tmp_path / "small").mkdir()
    served = serve(tmp_path / "small")
    assert not served.core.models.ready()
    with refused("NOT_FOUND", "Servable not found for request: Latest(small)"):
        _bias(served)
    small_model.write(tmp_path / "small" / "3", bias=3.0)
    until(served.core.models.ready)
    assert _bias(served) == (3, 3.0)


def test_all_versions_deleted_are_all_unloaded_but_a_folder_out_of_reach_is_not(serve, base, until, refused):
    served = serve(base, poll=1000)
    base.rename(base.with_name("away"))
    served.core.models.look()
    assert _bias(served) == (1, 1.0)
    base.with_name("away").rename(base)
    shutil.rmtree(base / "1")
    served.core.models.look()
    with refused("NOT_FOUND", "Servable not found for request: Latest(small)"):
        _bias(served)
    until(lambda: _states(served) == {1: END})


def test_an_old_version_stays_until_its_last_request_has_ended(serve, base, small_model, until):
    from tensorflow_serving.apis.model_pb2 import ModelSpec

    served = serve(base, poll=1000)
    with served.core.models.registry.lease(ModelSpec(name="small")) as old:
        small_model.write(base / "2", bias=2.0)
        served.core.models.look()
        assert _states(served) == {1: UNLOADING, 2: AVAILABLE}
        signature = old.signatures["predict_raw"]
        outputs = old.run(
            {signature.inputs[k].name: v for k, v in _nothing().items()}, [signature.outputs["logit"].name]
        )
        assert outputs[signature.outputs["logit"].name].tolist() == [1.0]
    until(lambda: _states(served) == {1: END, 2: AVAILABLE})


def _nothing():
    import numpy as np

    return {
        "x": np.zeros(1, np.float32),
        "color": np.array([b""], object),
        "tags": np.zeros([1, 0], object),
    }


def test_a_model_that_would_run_python_is_refused(tmp_path, serve):
    import tensorflow as tf

    module = tf.Module()
    module.f = tf.function(
        lambda x: tf.numpy_function(lambda y: y, [x], tf.float32), input_signature=[tf.TensorSpec([None], tf.float32)]
    )
    tf.saved_model.save(module, str(tmp_path / "small" / "1"), signatures={"serving_default": module.f})
    served = serve(tmp_path / "small")
    assert _states(served) == {1: END}
    text = "The model holds PyFunc, which runs only in the Python process that made it."
    assert _status(served, 1).error_message == text


def test_a_request_that_found_a_version_just_retired_gets_its_successor(serve, base, small_model, until, monkeypatch):
    served = serve(base, poll=1000)
    registry = served.core.models.registry
    retired, real = [registry._serving["small"][1]], registry._find
    small_model.write(base / "2", bias=2.0)
    served.core.models.look()
    until(lambda: _states(served) == {1: END, 2: AVAILABLE})
    monkeypatch.setattr(registry, "_find", lambda spec: retired.pop() if retired else real(spec))
    assert _bias(served) == (2, 2.0)
    assert retired == []

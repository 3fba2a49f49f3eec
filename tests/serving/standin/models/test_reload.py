"""What a reload request may change, and what not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def bases(tmp_path, small_model):
    small_model.write(tmp_path / "served" / "1", bias=1.0)
    small_model.write(tmp_path / "served" / "2", bias=2.0)
    small_model.write(tmp_path / "root" / "other" / "5", bias=5.0)
    small_model.write(tmp_path / "secret" / "1", bias=9.0)
    return tmp_path


def _reload(served, config):
    from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest

    return served.models.HandleReloadConfigRequest(ReloadConfigRequest(config=config))


def _version(served, **chosen):
    return served.predict({"x": [0.0]}, "predict_raw", **chosen).model_spec.version.value


def test_other_versions_and_labels(serve, bases, make_config):
    served = serve(bases / "served")
    response = _reload(served, make_config({"small": bases / "served"}, "model_version_policy { all {} }"))
    assert response.status.error_code == 0
    assert served.core.models.loaded() == {"small": [1, 2]}
    labelled = 'model_version_policy { all {} } version_labels { key: "stable" value: 1 }'
    _reload(served, make_config({"small": bases / "served"}, labelled))
    assert _version(served, label="stable") == 1
    _reload(served, make_config({"small": bases / "served"}, labelled.replace("value: 1", "value: 2")))
    assert _version(served, label="stable") == 2


def test_a_label_waits_for_its_version(serve, bases, make_config, refused):
    served = serve(bases / "served")
    text = "Request to assign label to version 1 of model small, which is not currently available for inference"
    with refused("FAILED_PRECONDITION", text):
        _reload(served, make_config({"small": bases / "served"}, 'version_labels { key: "old" value: 1 }'))
    assert _version(served) == 2


def test_models_come_and_go(serve, bases, make_config, refused):
    served = serve(bases / "served", root=bases / "root")
    _reload(served, make_config({"other": bases / "root" / "other"}))
    assert _version(served, name="other") == 5
    with refused("NOT_FOUND", "Servable not found for request: Latest(small)"):
        _version(served)
    _reload(served, make_config({"small": bases / "served"}))
    assert _version(served) == 2


def test_a_model_that_is_still_being_unloaded_comes_back(serve, bases, make_config):
    from tensorflow_serving.apis.model_pb2 import ModelSpec

    served = serve(bases / "served", root=bases / "root")
    with ThreadPoolExecutor(1) as pool:
        with served.core._registry.lease(ModelSpec(name="small")):
            _reload(served, make_config({"other": bases / "root" / "other"}))
            back = pool.submit(_reload, served, make_config({"small": bases / "served"}))
            # The request in flight holds up the unloading, and that the reload.
            with pytest.raises(TimeoutError):
                back.result(timeout=0.5)
        assert back.result(timeout=60).status.error_code == 0
    assert _version(served) == 2


@pytest.mark.parametrize("named", ["secret", "root/../secret", "root/link", "rooted", "served/.."])
def test_a_folder_that_was_not_agreed_on_is_refused(serve, bases, make_config, refused, named):
    (bases / "root" / "link").symlink_to(bases / "secret")
    served = serve(bases / "served", root=bases / "root")
    path = f"{bases}/{named}"
    text = (
        f"Model small: base_path {path} is neither one that the server was started with nor below its reload root."
        " Start the server with that folder."
    )
    with refused("PERMISSION_DENIED", text):
        _reload(served, make_config({"small": path}))
    assert _version(served) == 2


def test_a_folder_of_the_start_stays_agreed_on_when_its_link_moves(serve, bases, make_config):
    link = bases / "current"
    link.symlink_to(bases / "served")
    served = serve(link, poll=1000)
    link.unlink()
    link.symlink_to(bases / "root" / "other")
    _reload(served, make_config({"small": link}))
    assert _version(served) == 5


def test_a_new_model_that_does_not_load_is_told(serve, bases, make_config, refused):
    (bases / "root" / "empty").mkdir()
    served = serve(bases / "served", root=bases / "root")
    text = "1 model(s) did not become available: {{name: empty} due to error: no version found under its base path}"
    with refused("UNKNOWN", text):
        _reload(served, make_config({"small": bases / "served", "empty": bases / "root" / "empty"}))
    assert _version(served) == 2


def test_what_is_no_list_of_models_is_refused(serve, bases, make_config, refused):
    from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

    served = serve(bases / "served")
    text = (
        "ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently supported"
    )
    with refused("INVALID_ARGUMENT", text):
        _reload(served, ModelServerConfig())
    twice = make_config({"small": bases / "served"})
    twice.model_config_list.config.add().CopyFrom(twice.model_config_list.config[0])
    with refused("INVALID_ARGUMENT", "Illegal to list model small multiple times in config list"):
        _reload(served, twice)
    text = "Expected model small to have an absolute path or URI; got base_path()=served"
    with refused("INVALID_ARGUMENT", text):
        _reload(served, make_config({"small": "served"}))
    with refused("INVALID_ARGUMENT", "A model in the config list has no name."):
        _reload(served, make_config({"": bases / "served"}))
    other = make_config({"small": bases / "served"})
    other.model_config_list.config[0].model_platform = "torch"
    with refused("FAILED_PRECONDITION", "PlatformConfigMap has no entry for platform torch"):
        _reload(served, other)
    other.model_config_list.config[0].model_platform = ""
    text = (
        "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform,"
        " model name is small"
    )
    with refused("INVALID_ARGUMENT", text):
        _reload(served, other)

"""Which ModelServerConfigs are taken. Checks and texts are TF Serving's; what a request may not do is this server's."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path

import grpc
from tensorflow_serving.config.model_server_config_pb2 import ModelConfig, ModelServerConfig

from widedeep.serving.standin.errors import ServingError, invalid

PLATFORM = "tensorflow"


def single(name: str, base: Path) -> ModelServerConfig:
    """The config of one model, whose latest version is served."""
    config = ModelServerConfig()
    config.model_config_list.config.add(name=name, base_path=str(base.resolve()), model_platform=PLATFORM)
    return config


def check(config: ModelServerConfig) -> None:
    """Raises ServingError where a config is not one of models that can be served."""
    names = set()
    for model in config.model_config_list.config:
        if not model.name:
            raise invalid("A model in the config list has no name.")
        if model.name in names:
            raise invalid(f"Illegal to list model {model.name} multiple times in config list")
        names.add(model.name)
        if not os.path.isabs(model.base_path):
            raise invalid(
                f"Expected model {model.name} to have an absolute path or URI; got base_path()={model.base_path}"
            )
        _check_platform(model)


def _check_platform(model: ModelConfig) -> None:
    # The older field's 1 is TENSORFLOW too.
    platform = model.model_platform or (PLATFORM if model.model_type == 1 else "")
    if not platform:
        raise invalid(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform,"
            f" model name is {model.name}"
        )
    if platform != PLATFORM:
        text = f"PlatformConfigMap has no entry for platform {platform}"
        raise ServingError(grpc.StatusCode.FAILED_PRECONDITION, text)


class Allowed:
    """The base folders that a request may name: those of the start, and those below a root."""

    def __init__(self, config: ModelServerConfig, root: Path | None) -> None:
        named = {model.base_path for model in config.model_config_list.config}
        self._folders = named | {os.path.realpath(folder) for folder in named}
        self._root = None if root is None else os.path.realpath(root)

    def check(self, config: ModelServerConfig) -> None:
        """Raises ServingError: otherwise whoever reaches the port could have any file of the machine loaded."""
        for model in config.model_config_list.config:
            folder = os.path.realpath(model.base_path)
            below = self._root is not None and os.path.commonpath([self._root, folder]) == self._root
            if not {model.base_path, folder} & self._folders and not below:
                raise ServingError(
                    grpc.StatusCode.PERMISSION_DENIED,
                    f"Model {model.name}: base_path {model.base_path} is neither one that the server was started with"
                    " nor below its reload root. Start the server with that folder.",
                )


def labels(config: ModelServerConfig) -> dict[str, dict[str, int]]:
    """Versions by model and label."""
    return {model.name: dict(model.version_labels) for model in config.model_config_list.config}


def check_labels(config: ModelServerConfig, available: Callable[[str], Collection[int]]) -> None:
    """Raises ServingError where a label stands for a version that is not among its model's available ones."""
    for name, versions in labels(config).items():
        for version in versions.values():
            if version not in available(name):
                raise ServingError(
                    grpc.StatusCode.FAILED_PRECONDITION,
                    f"Request to assign label to version {version} of model {name}, which is not currently available"
                    " for inference",
                )

"""What of Beam's options a step's result can depend on.

TFX takes them all into the key of its cache, and so would run everything anew for a worker more, or another address.
Rows and numbers are the same on every runner; only the options by which workers get their code can change what is
computed.
"""

from __future__ import annotations

from typing import Any

from tfx.proto.orchestration import executable_spec_pb2

_CODE = frozenset(
    {
        "sdk_container_image",
        "sdk_location",
        "setup_file",
        "requirements_file",
        "extra_package",
        "extra_packages",
        "environment_options",
        "prebuild_sdk_container_engine",
    }
)
# Where the environment's configuration is an image or a command, and no address.
_CODE_ENVIRONMENTS = frozenset({"DOCKER", "PROCESS"})


def cache_key_spec(spec: Any) -> Any:
    """An executor's specification with those Beam options alone that belong into the key of its cached result."""
    if not isinstance(spec, executable_spec_pb2.BeamExecutableSpec):
        return spec
    options = [option.removeprefix("--").partition("=")[::2] for option in spec.beam_pipeline_args]
    names = _CODE
    if dict(options).get("environment_type") in _CODE_ENVIRONMENTS:
        names = names | {"environment_config"}
    key = executable_spec_pb2.BeamExecutableSpec(python_executor_spec=spec.python_executor_spec)
    # "none": workers have their code already, as the direct runner's do.
    key.beam_pipeline_args.extend(f"--{name}={value}" for name, value in options if name in names and value != "none")
    return key

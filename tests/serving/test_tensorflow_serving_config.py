"""The text protos in serving/tensorflow are read by TensorFlow Serving, and say what they are meant to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2
from tensorflow_serving.config import model_server_config_pb2

from widedeep.serving.standin.batching.parameters import Parameters, read

FOLDER = Path(__file__).resolve().parents[2] / "serving" / "tensorflow"
Field = descriptor_pb2.FieldDescriptorProto
WRAPPED = {"int64": "Int64Value", "bool": "BoolValue", "string": "StringValue"}

# Messages that tensorflow-serving-api does not carry, by tensorflow/serving's own files at tag 2.20.0:
# field, number, type ("?" is a google.protobuf wrapper, "*" repeated).
# tensorflow_serving/config/monitoring_config.proto
PROMETHEUS = [("enable", 1, "bool"), ("path", 2, "string")]
MONITORING = [("prometheus_config", 1, ".tensorflow.serving.PrometheusConfig")]
# tensorflow_serving/servables/tensorflow/session_bundle_config.proto
BATCHING = [
    ("max_batch_size", 1, "int64?"),
    ("batch_timeout_micros", 2, "int64?"),
    ("max_enqueued_batches", 3, "int64?"),
    ("num_batch_threads", 4, "int64?"),
    ("thread_pool_name", 5, "string?"),
    ("allowed_batch_sizes", 6, "int64*"),
    ("pad_variable_length_inputs", 7, "bool"),
    ("enable_large_batch_splitting", 8, "bool?"),
    ("max_execution_batch_size", 9, "int64?"),
]


def message(name: str) -> Any:
    """A message of tensorflow.serving made from the lists above."""
    file = descriptor_pb2.FileDescriptorProto(
        name="stand_in.proto",
        package="tensorflow.serving",
        syntax="proto3",
        dependency=["google/protobuf/wrappers.proto"],
    )
    for message_name, fields in (
        ("PrometheusConfig", PROMETHEUS),
        ("MonitoringConfig", MONITORING),
        ("BatchingParameters", BATCHING),
    ):
        made = file.message_type.add(name=message_name)
        for field_name, number, kind in fields:
            plain = kind.rstrip("?*")
            repeated = kind.endswith("*")
            field = made.field.add(name=field_name, number=number)
            field.label = Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL
            if kind.startswith(".") or kind.endswith("?"):
                field.type = Field.TYPE_MESSAGE
                field.type_name = kind if kind.startswith(".") else f".google.protobuf.{WRAPPED[plain]}"
            else:
                field.type = getattr(Field, f"TYPE_{plain.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tensorflow.serving.{name}"))()


def parsed(name: str, into: Any) -> Any:
    return text_format.Parse((FOLDER / name).read_text(), into)


def model(name: str) -> Any:
    [config] = parsed(name, model_server_config_pb2.ModelServerConfig()).model_config_list.config
    return config


def test_every_config_file_is_read_here() -> None:
    names = {"models.config", "canary.config", "batching.config", "monitoring.config"}
    assert {path.name for path in FOLDER.glob("*.config")} == names


@pytest.mark.parametrize("name", ["models.config", "canary.config"])
def test_the_model_lies_under_its_name(name: str) -> None:
    config = model(name)
    assert config.base_path == f"/models/{config.name}"
    assert config.model_platform == "tensorflow"


def test_the_newest_two_versions_are_served() -> None:
    policy = model("models.config").model_version_policy
    assert policy.WhichOneof("policy_choice") == "latest"
    assert policy.latest.num_versions == 2
    # Under `latest` a push would unload a labelled version.
    assert not model("models.config").version_labels


def test_every_label_names_a_version_that_is_served() -> None:
    canary = model("canary.config")
    assert canary.model_version_policy.WhichOneof("policy_choice") == "specific"
    assert set(canary.version_labels) == {"stable", "canary"}
    assert set(canary.version_labels.values()) == set(canary.model_version_policy.specific.versions)
    assert canary.version_labels["canary"] > canary.version_labels["stable"]


def test_both_lists_name_one_model() -> None:
    """Going from one to the other would otherwise unload it."""
    assert (model("models.config").name, model("models.config").base_path) == (
        model("canary.config").name,
        model("canary.config").base_path,
    )


def test_metrics_are_on_at_the_servers_usual_path() -> None:
    config = parsed("monitoring.config", message("MonitoringConfig")).prometheus_config
    # tensorflow_serving/util/prometheus_exporter.cc, kPrometheusPath.
    assert (config.enable, config.path) == (True, "/monitoring/prometheus/metrics")


def test_batches_wait_for_nobody_and_the_queue_is_short() -> None:
    batching = parsed("batching.config", message("BatchingParameters"))
    assert batching.HasField("batch_timeout_micros")
    assert batching.batch_timeout_micros.value == 0
    # At 10 ms a batch; most callers wait no longer than a second.
    seconds = batching.max_enqueued_batches.value / batching.num_batch_threads.value * 0.01
    assert 0 < seconds < 0.5


def test_a_request_larger_than_a_batch_is_cut_up_and_not_refused() -> None:
    batching = parsed("batching.config", message("BatchingParameters"))
    assert batching.enable_large_batch_splitting.value
    # Where both are equal, what is larger than a batch is refused.
    assert 0 < batching.max_execution_batch_size.value < batching.max_batch_size.value
    # A request as large as may be finds room in an empty queue.
    batches = -(-batching.max_batch_size.value // batching.max_execution_batch_size.value)
    assert batches < batching.max_enqueued_batches.value
    # Checked at a model's load, in bundle_factory_util.cc: the last of them is max_batch_size.
    assert not batching.allowed_batch_sizes or batching.allowed_batch_sizes[-1] == batching.max_batch_size.value


def test_the_stand_in_runs_with_it() -> None:
    assert read(FOLDER / "batching.config") == Parameters(8192, 0, 32, 2, False, True, 1024)


def test_nothing_is_padded() -> None:
    """batching_util.cc pads with the tensor's first value: sets would gain members, and scores would change."""
    assert parsed("batching.config", message("BatchingParameters")).pad_variable_length_inputs is False
    assert "pad_variable_length_inputs: false" in (FOLDER / "batching.config").read_text()


def test_an_unknown_field_is_refused() -> None:
    """Else any text would be read."""
    for made, text in (("BatchingParameters", "max_batch { value: 1 }"), ("MonitoringConfig", "prometheus { }")):
        with pytest.raises(text_format.ParseError, match="no field named"):
            text_format.Parse(text, message(made))
    with pytest.raises(text_format.ParseError, match="no field named"):
        text_format.Parse("model_config_list { model { } }", model_server_config_pb2.ModelServerConfig())

"""What a fault of the machine has ended is tried again; what was found out about the model stays in the cache."""

from __future__ import annotations

from typing import Any

import pytest
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.types import standard_artifacts

from widedeep.components.dryrun.component import DryRun
from widedeep.components.dryrun.driver import Driver, InfraValidatorDriver, dry_run_key
from widedeep.components.dryrun.dry_run_record import Check, DryRunRecord
from widedeep.components.metadata.properties import MACHINE_FAULT

SETTINGS = {"options": "{}", "split": "test"}


def model(number: int) -> Any:
    made = standard_artifacts.Model()
    made.id = number
    return made


def test_is_the_component_s_driver() -> None:
    assert DryRun.DRIVER_CLASS is Driver


def test_the_same_dry_run_has_the_same_key_however_often_it_was_tried() -> None:
    key = dry_run_key({"model": [model(3)]}, SETTINGS)
    assert dry_run_key({"model": [model(3)]}, {**SETTINGS, "machine_faults": 2}) == key
    assert dry_run_key({"model": [model(4)]}, SETTINGS) != key
    assert dry_run_key({"model": [model(3)]}, {**SETTINGS, "split": "eval"}) != key


def test_each_fault_of_the_machine_makes_another_cache_key(recorded: Any) -> None:
    def told(number: int) -> int:
        inputs = {"model": [model(number)]}
        output = Driver(recorded.handle).run(ExecutionInfo(input_dict=inputs, exec_properties=SETTINGS))
        return int(output.exec_properties["machine_faults"].int_value)

    def tried(number: int, fault: bool) -> None:
        blessing = standard_artifacts.InfraBlessing()
        blessing.uri = "blessing"
        if fault:
            key = dry_run_key({"model": [model(number)]}, SETTINGS)
            blessing.set_string_custom_property(MACHINE_FAULT, key)
        recorded.run("DryRun", {}, {"blessing": [blessing]})

    counts = [told(3)]
    for fault in (True, True, False):
        tried(3, fault)
        counts.append(told(3))
    assert counts == [0, 1, 2, 2]
    assert told(4) == 0


def test_so_does_each_refusal_by_tfx_s_infra_validator(recorded: Any) -> None:
    models = [standard_artifacts.Model() for _ in range(2)]
    for each in models:
        each.uri = "model"
        recorded.run("Trainer", {}, {"model": [each]})

    def told(tried: Any) -> int:
        output = InfraValidatorDriver(recorded.handle).run(ExecutionInfo(input_dict={"model": [tried]}))
        return int(output.exec_properties["machine_faults"].int_value)

    counts = [told(models[0])]
    for blessed in (0, 0, 1):
        blessing = standard_artifacts.InfraBlessing()
        blessing.uri = "blessing"
        blessing.set_int_custom_property("blessed", blessed)
        recorded.run("InfraValidator", {"model": models[:1]}, {"blessing": [blessing]})
        counts.append(told(models[0]))
    assert counts == [0, 1, 2, 2]
    assert told(models[1]) == 0


MODEL = Check(name="a", value=1, limit=0, ok=False, said="scores differ", measures="model")
MACHINE = Check(name="b", value=1, limit=0, ok=False, said="late", measures="machine")
GOOD = Check(name="c", value=0, limit=0, ok=True)


@pytest.mark.parametrize(
    ("checks", "is_open", "refusals"),
    [
        ([GOOD], False, []),
        ([], False, []),
        ([GOOD, MODEL], False, ["scores differ"]),
        ([GOOD, MACHINE, MODEL], False, ["late", "scores differ"]),
        ([GOOD, MACHINE], True, ["late (of the machine, not of the model: the same command tries it again)"]),
    ],
)
def test_the_machine_alone_is_at_fault(checks: list[Check], is_open: bool, refusals: list[str]) -> None:
    record = DryRunRecord(server="stand_in", checks=checks)
    assert record.is_open == is_open
    assert record.refusals == refusals


def test_a_record_of_an_earlier_version_blames_the_model() -> None:
    text = '{"server": "s", "checks": [{"name": "a", "value": 1, "limit": 0, "ok": false, "said": "late"}]}'
    assert not DryRunRecord.parse(text, "dry_run.json").is_open

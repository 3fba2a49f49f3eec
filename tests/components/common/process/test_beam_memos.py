"""Beam with its memos against Beam as it is installed, which a process of its own asks."""

from __future__ import annotations

import base64
import bz2
import functools
import importlib.util
import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree
from typing import Any

import numpy as np
import objsize
import pytest
from apache_beam.coders import VarIntCoder
from apache_beam.internal import pickler
from apache_beam.internal.cloudpickle import cloudpickle
from apache_beam.options.pipeline_options import (
    DebugOptions,
    DirectOptions,
    GoogleCloudOptions,
    PipelineOptions,
    StandardOptions,
    TypeOptions,
    WorkerOptions,
)
from apache_beam.runners.worker import statecache, statesampler
from apache_beam.transforms import core, userstate
from apache_beam.typehints import decorators
from apache_beam.utils.counters import CounterFactory

from widedeep.components.common.process import beam_memos

FLAGS = (
    [],
    ["--direct_num_workers=2", "--direct_running_mode=multi_processing"],
    ["--runner=FlinkRunner", "--experiments=first", "--experiments=second", "--unheard_of=3"],
    ["--no_pipeline_type_check", "--runtime_type_check", "--project=p"],
)

ASK = """
import json, sys
from apache_beam.options import pipeline_options
views = [cls for cls in vars(pipeline_options).values()
         if isinstance(cls, type) and issubclass(cls, pipeline_options.PipelineOptions)]
def answers():
    told = []
    for flags in json.loads(sys.argv[1]):
        for _ in range(2):
            options = pipeline_options.PipelineOptions(flags)
            for cls in views:
                view = options.view_as(cls)
                told.append([cls.__name__, str(view), sorted(dir(view))])
            told.append(sorted(map(str, options.get_all_options().items())))
    return told
alone = answers()
from widedeep.components.common.process import beam_memos
beam_memos.install()
print(json.dumps([alone, answers()]))
"""


@pytest.fixture(autouse=True)
def installed() -> None:
    beam_memos.install()
    beam_memos.install()


def test_every_view_has_what_beam_alone_reads() -> None:
    done = subprocess.run([sys.executable, "-c", ASK, json.dumps(FLAGS)], capture_output=True, text=True, check=True)
    alone, with_memos = json.loads(done.stdout)
    assert len(alone) > 2 * len(FLAGS) * 10
    assert with_memos == alone


def test_what_is_set_in_a_view_stays_in_its_own_options() -> None:
    flags = ["--experiments=kept"]
    first, second = PipelineOptions(flags), PipelineOptions(flags)
    first.view_as(DebugOptions).add_experiment("new")
    first.view_as(DirectOptions).direct_num_workers = 7
    assert first.view_as(DebugOptions).experiments == ["kept", "new"]
    assert first.view_as(DirectOptions).direct_num_workers == 7
    assert second.view_as(DebugOptions).experiments == ["kept"]
    assert second.view_as(DirectOptions).direct_num_workers == 1
    assert PipelineOptions(flags).view_as(DebugOptions).experiments == ["kept"]


def test_a_view_of_a_view_and_of_what_was_given_by_name() -> None:
    options = PipelineOptions([], project="named")
    view = options.view_as(StandardOptions).view_as(GoogleCloudOptions)
    assert view.project == "named"
    assert PipelineOptions([]).view_as(GoogleCloudOptions).project is None
    assert isinstance(view.view_as(WorkerOptions), WorkerOptions)
    with pytest.raises(AttributeError, match="has no attribute 'unheard_of'"):
        _ = view.unheard_of


def test_each_class_is_parsed_once_for_the_same_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []

    def note(cls: type[PipelineOptions], parser: Any, add: Any = TypeOptions._add_argparse_args) -> None:
        parsed.append(cls)
        add(parser)

    monkeypatch.setattr(TypeOptions, "_add_argparse_args", classmethod(note))
    for _ in range(3):
        PipelineOptions(["--only_in=this_test"]).view_as(TypeOptions)
    assert parsed == [TypeOptions]


def plain(element: int, side: int = 2, *more: int, named: int = 3) -> None: ...


@functools.wraps(plain)
def wrapping(*anything: Any) -> None: ...


class Methods:
    def process(self, element: int, window: Any = core.DoFn.WindowParam) -> None: ...

    @classmethod
    def made(cls, element: int) -> None: ...

    def __call__(self, element: int, more: int = 5) -> None: ...


@pytest.mark.parametrize(
    ("callable_", "arguments", "defaults"),
    [
        (plain, ["element", "side"], [2]),
        (wrapping, ["element", "side"], [2]),
        (Methods().process, ["element", "window"], [core.DoFn.WindowParam]),
        (Methods.process, ["self", "element", "window"], [core.DoFn.WindowParam]),
        (Methods.made, ["element"], []),
        (Methods(), ["element", "more"], [5]),
        (functools.partial(plain, 1), ["side"], [2]),
        (lambda element: element, ["element"], []),
    ],
)
def test_arguments_and_defaults_of_a_callable(callable_: Any, arguments: list[str], defaults: list[Any]) -> None:
    for _ in range(2):
        answer = core.get_function_args_defaults(callable_)
        assert answer == (arguments, defaults)
        # Beam may change what it was given.
        answer[0].clear()
        answer[1].append(0)


def test_a_function_is_inspected_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def function(element: int) -> None: ...

    inspected: list[Any] = []
    memo = beam_memos._Signatures(lambda callable_: inspected.append(callable_) or (["element"], []))  # type: ignore[func-returns-value]
    assert [memo(function) for _ in range(3)] == [(["element"], [])] * 3
    assert inspected == [function]


class Counting(core.DoFn):
    """With state, for keys and values."""

    COUNT = userstate.ReadModifyWriteStateSpec("count", VarIntCoder())

    def process(self, element: Any, count: Any = core.DoFn.StateParam(COUNT)) -> None: ...  # noqa: B008 (Beam's way)


class Plain(core.DoFn):
    def process(self, element: Any) -> None: ...


def test_the_state_of_a_dofn() -> None:
    bound = Plain()
    bound.process = Counting().process  # type: ignore[method-assign]
    for _ in range(2):
        assert userstate.get_dofn_specs(Counting()) == ({Counting.COUNT}, set())
        assert userstate.get_dofn_specs(Plain()) == (set(), set())
        # What an instance has, or wraps, is not of its class.
        assert userstate.get_dofn_specs(bound) == ({Counting.COUNT}, set())
        assert userstate.get_dofn_specs(core.CallableWrapperDoFn(Counting().process)) == ({Counting.COUNT}, set())
        assert userstate.get_dofn_specs(core.CallableWrapperDoFn(plain)) == (set(), set())


def test_the_methods_of_a_class_are_read_once() -> None:
    read: list[Any] = []
    states = beam_memos._states(lambda dofn: read.append(dofn) or (set(), set()))  # type: ignore[func-returns-value]
    assert [states(Plain()) for _ in range(3)] == [(set(), set())] * 3
    assert len(read) == 1


def uses_a_module_in_a_package() -> Any:
    return xml.etree.ElementTree.parse, xml.sax


@pytest.mark.parametrize("packages", [[xml], [xml, os], [xml.etree, None], [os], []])
def test_the_modules_that_code_reaches_are_those_that_cloudpickle_finds(packages: list[Any]) -> None:
    spec = importlib.util.find_spec(cloudpickle.__name__)
    assert spec is not None
    assert spec.loader is not None
    # As it is installed, beside the one that is changed here.
    alone = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(alone)
    code = uses_a_module_in_a_package.__code__
    reached = cloudpickle._find_imported_submodules(code, packages)
    assert {module.__name__ for module in reached} == {
        module.__name__ for module in alone._find_imported_submodules(code, packages)
    }
    assert len(reached) == len(set(map(id, reached)))
    if xml in packages:
        assert xml.etree.ElementTree in reached


@pytest.mark.parametrize("value", [[1, 2, "three"], {"a": np.zeros(1000)}, ("x" * 10_000,), VarIntCoder()])
def test_a_value_is_as_large_as_beam_alone_finds_it(value: Any) -> None:
    alone = objsize.get_deep_size(
        value,
        get_size_func=statecache._size_func,
        get_referents_func=statecache._get_referents_func,
        filter_func=statecache._filter_func,
    )
    assert statecache.get_deep_size(value) == alone


def yields(element: int) -> Any:
    yield element


def returns(element: int) -> Any:
    return [element]


def yields_and_returns(element: int) -> Any:
    if element:
        return [element]
    yield element


@functools.wraps(yields_and_returns)
def wrapping_both(*anything: Any) -> Any:
    return []


@pytest.mark.parametrize(
    ("function", "mixed"),
    [
        (yields, False),
        (returns, False),
        (yields_and_returns, True),
        (wrapping_both, True),
        (Plain().process, False),
        (lambda element: [element], False),
        (len, False),
    ],
)
def test_a_function_that_yields_and_returns(function: Any, mixed: bool) -> None:
    for _ in range(2):
        assert core._check_fn_use_yield_and_return(function) is mixed


def test_the_source_of_functions_of_one_code_is_read_once() -> None:
    def made(number: int) -> Any:
        return lambda element: [element + number]

    read: list[Any] = []
    mixes = beam_memos._mixes(lambda function: bool(read.append(function)))  # type: ignore[func-returns-value]
    assert [mixes(made(number)) for number in range(3)] == [False] * 3
    assert len(read) == 1


def test_hints_of_types_do_not_say_where_they_were_given() -> None:
    hints = decorators.IOTypeHints.empty().with_input_types(int)
    assert hints.input_types == ((int,), {})
    assert hints.origin == []


# Of the second, all is pressed anew: it would take too much room.
@pytest.mark.parametrize(("value", "times"), [("a" * 1000, 1), (os.urandom(beam_memos._PICKLE_BYTES), 2)])
def test_a_pickle_is_pressed_as_beam_alone_does(value: Any, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {"compress": 0, "decompress": 0}

    def counting(name: str, make: Any) -> Any:
        def count(*data: Any, **more: Any) -> bytes:
            made[name] += 1
            return make(*data, **more)

        return count

    for name in made:
        monkeypatch.setattr(bz2, name, counting(name, getattr(bz2, name)))
    monkeypatch.setattr(beam_memos.cloudpickle_pickler, "bz2", beam_memos._Pressed())
    pickled = [pickler.dumps(value) for _ in range(2)]
    assert [pickler.loads(each) for each in pickled] == [value, value]
    assert made == {"compress": times, "decompress": times}
    monkeypatch.undo()
    assert pickled == [base64.b64encode(bz2.compress(cloudpickle.dumps(value), 9))] * 2


def test_the_thread_that_looks_at_the_steps_sleeps_briefly() -> None:
    sampler = statesampler.StateSampler("bundle", CounterFactory())
    state = sampler.scoped_state("read", "process")
    sampler.start()
    with state:
        time.sleep(0.5)
    sampler.stop()
    # Who ends a bundle waits for it to wake.
    assert sampler.sampling_period_ms == 10
    # At a look or two before the end, or later on a busy machine.
    assert state.sampled_msecs_int() > 400

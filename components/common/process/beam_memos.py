"""What Beam works out anew for each transform of a pipeline is worked out once.

Beam 2.77 parses all options of a class each time that one of them is asked for (`view_as`), some three times for every
transform, and inspects each method of a DoFn some seven times, and all methods of one for state and timers as often. On
a small pipeline of TFX's that is a fifth of all CPU, more than what is done with its rows. And it looks through all
modules that were ever imported, thousands, for each function that it pickles, and for each value of a side input that
it keeps. It reads the source of each function that it is given, for one that both yields and returns, and the source
around each call that gives a transform its types, for a message that nobody sees. And it presses what it pickles anew
at each place where it needs it, and unpacks it as often. And at the end of each bundle it waits until a thread wakes
that looks which step is at work, every 0.2 s at last: a tenth of the time of short bundles.
"""

from __future__ import annotations

import argparse
import bz2
import copy
import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import objsize
from apache_beam.internal import cloudpickle_pickler
from apache_beam.internal.cloudpickle import cloudpickle
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.worker import statecache, statesampler
from apache_beam.transforms import core, userstate
from apache_beam.typehints import decorators

Arguments = tuple[list[str], list[Any]]
ViewAs = Callable[[PipelineOptions, type[PipelineOptions]], PipelineOptions]
Inspect = Callable[[Any], Arguments]
States = tuple[set[Any], set[Any]]
Mixes = Callable[[Any], bool]
# Pickles that are known at once, pressed and unpacked, of so many bytes at most.
_PICKLES, _PICKLE_BYTES = 512, 100_000
# Between two looks at the step that is at work.
_LOOK_MILLISECONDS = 10


def install() -> None:
    """Has Beam's pipelines of this process, from now on, parse and inspect once. To be called any number of times."""
    if not isinstance(core.get_function_args_defaults, _Signatures):
        core.get_function_args_defaults = _Signatures(core.get_function_args_defaults)
        PipelineOptions.view_as = _views(PipelineOptions.view_as)
        userstate.get_dofn_specs = _states(userstate.get_dofn_specs)
        cloudpickle._find_imported_submodules = _submodules
        statecache.objsize = _Sizes()
        core._check_fn_use_yield_and_return = _mixes(core._check_fn_use_yield_and_return)
        decorators.traceback = _NoStack()
        cloudpickle_pickler.bz2 = _Pressed()
        statesampler.StateSampler.__init__.__defaults__ = (_LOOK_MILLISECONDS,)


class _Signatures:
    """Arguments and defaults of functions that live as long as their modules or classes do."""

    def __init__(self, inspected: Inspect) -> None:
        self._inspected = inspected
        self._known: WeakKeyDictionary[Any, dict[bool, Arguments]] = WeakKeyDictionary()

    def __call__(self, callable_: Any) -> Arguments:
        function = getattr(callable_, "__func__", callable_)
        # Beam's wrappers say of themselves which signature they have; what is no function may change.
        if not inspect.isfunction(function) or set(function.__dict__) & {"__wrapped__", "__signature__"}:
            return self._inspected(callable_)
        known = self._known.setdefault(function, {})
        bound = inspect.ismethod(callable_)
        if bound not in known:
            known[bound] = self._inspected(callable_)
        arguments, defaults = known[bound]
        return [*arguments], [*defaults]


def _states(read: Callable[[Any], States]) -> Callable[[Any], States]:
    """State and timers of DoFns, which their classes say, but where an instance has methods of its own or wraps any."""
    known: WeakKeyDictionary[type, States] = WeakKeyDictionary()
    told: WeakKeyDictionary[type, list[str]] = WeakKeyDictionary()

    def states(dofn: Any) -> States:
        kind = type(dofn)
        if kind not in told:
            # Methods of whose arguments another one tells.
            told[kind] = [name.removeprefix("_inspect_") for name in dir(kind) if name.startswith("_inspect_")]
        attributes = [*vars(dofn).values(), *(getattr(dofn, name, None) for name in told[kind])]
        if any(isinstance(value, types.MethodType) for value in attributes):
            return read(dofn)
        if kind not in known:
            known[kind] = read(dofn)
        state, timers = known[kind]
        return {*state}, {*timers}

    return states


def _submodules(code: types.CodeType, packages: Iterable[Any]) -> list[types.ModuleType]:
    """The modules in packages that code may reach as attributes, which have to be imported where it is unpickled."""
    reached: list[types.ModuleType] = []
    for package in packages:
        if isinstance(package, types.ModuleType) and package.__package__:
            paths = [package.__name__]
            for path in paths:
                inner = [f"{path}.{name}" for name in code.co_names if f"{path}.{name}" in sys.modules]
                reached += [sys.modules[name] for name in inner]
                paths += inner
    return reached


def _mixes(read: Mixes) -> Mixes:
    """Whether a function both yields and returns, which its code says: lambdas of one line have one."""
    known: WeakKeyDictionary[types.CodeType, bool] = WeakKeyDictionary()

    def mixes(function: Any) -> bool:
        plain = getattr(function, "__func__", function)
        # Of a wrapper, it is the wrapped one's source.
        if not inspect.isfunction(plain) or "__wrapped__" in plain.__dict__:
            return read(function)
        if plain.__code__ not in known:
            known[plain.__code__] = read(function)
        return known[plain.__code__]

    return mixes


class _NoStack:
    """traceback for Beam's type hints, which would say where in Beam or TFX each was given."""

    @staticmethod
    def format_stack(**_: Any) -> list[str]:
        return []


class _Pressed:
    """bz2 for Beam's pickles: of the same bytes it has made the same before."""

    def __init__(self) -> None:
        self._known = {each: functools.lru_cache(_PICKLES)(each) for each in (bz2.compress, bz2.decompress)}

    def compress(self, pickled: bytes, **level: int) -> bytes:
        return self._made(bz2.compress, pickled, **level)

    def decompress(self, pressed: bytes) -> bytes:
        return self._made(bz2.decompress, pressed)

    def _made(self, make: Callable[..., bytes], data: bytes, **level: int) -> bytes:
        known = self._known[make] if len(data) <= _PICKLE_BYTES else make
        return known(data, **level)


class _Sizes:
    """objsize for Beam: what a module's variable is counts as any other object, since nobody keeps such."""

    @staticmethod
    def get_deep_size(*objects: Any, **settings: Any) -> int:
        return int(objsize.get_deep_size(*objects, exclude_modules_globals=False, **settings))


def _views(view_as: ViewAs) -> ViewAs:
    """`view_as` with the options that a class reads from the same flags parsed once."""
    parsed: dict[tuple[type[PipelineOptions], tuple[str, ...]], argparse.Namespace] = {}

    def view(self: PipelineOptions, cls: type[PipelineOptions]) -> PipelineOptions:
        flags: Sequence[str] | None = self._flags
        key = cls, tuple(flags or ())
        # Flags that are None are those of the command, which may change.
        if flags is None or key not in parsed:
            first = view_as(self, cls)
            parsed[key] = copy.deepcopy(first._visible_options)
            return first
        made: PipelineOptions = object.__new__(cls)
        options = copy.deepcopy(parsed[key])
        for name, default in vars(options).items():
            self._all_options.setdefault(name, default)
        vars(made).update(_flags=flags, _visible_options=options, _all_options=self._all_options)
        return made

    return view

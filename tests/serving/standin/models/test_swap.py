"""Versions come and go under load: no request fails, and each answer is wholly of the version that it names."""

from __future__ import annotations

import threading

import pytest

SWAPS = 12


@pytest.mark.parametrize("batched", [False, True])
def test_hot_swap_under_load(serve, tmp_path, small_model, until, batched):
    from widedeep.serving.standin.batching.parameters import Parameters

    for number in range(1, SWAPS + 2):
        small_model.write(tmp_path / "made" / str(number), bias=float(number))
    base = tmp_path / "small"
    base.mkdir()
    (tmp_path / "made" / "1").rename(base / "1")
    parameters = Parameters(max_batch_size=8, batch_timeout_micros=500, num_batch_threads=2) if batched else None
    served = serve(base, batching=parameters, poll=0.02)
    stop, answers, failures = threading.Event(), [], []

    def ask(row):
        while not stop.is_set():
            try:
                response = served.predict({"examples": [small_model.example(float(row))]})
                answers.append((response.model_spec.version.value, row, response.outputs["logit"].float_val[0]))
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=ask, args=(row,)) for row in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(2, SWAPS + 2):
            (tmp_path / "made" / str(number)).rename(base / str(number))
            until(lambda number=number: served.core.models.loaded() == {"small": [number]})
            seen = len(answers)
            until(lambda seen=seen: len(answers) > seen + 8)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert {version for version, _, _ in answers} == set(range(1, SWAPS + 2))
    for version, row, logit in answers:
        assert logit == pytest.approx(small_model.logit(row, bias=version))
    until(lambda: all(state.state == 50 for number, state in _states(served).items() if number <= SWAPS))


def _states(served):
    return served.core._registry.states("small")

"""Requests that run together: each gets its own answer, whatever the others are. A batch closes when it is full, so
that nothing here hangs on time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import pytest

from widedeep.serving.standin.batching.parameters import Parameters
from widedeep.serving.standin.batching.queue import Batcher
from widedeep.serving.standin.call import Call
from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.standin.observation.metrics import Metrics

# Nothing that passes waits for so long, and nothing that fails for longer.
LONG = 20_000_000


class Doubling:
    """As a Servable: x [n] to 2x, but for 13, which spoils the run that it is in."""

    def __init__(self):
        self.runs = []
        self.entered, self.go = threading.Event(), threading.Event()
        self.go.set()

    def run(self, feeds, fetches):
        self.entered.set()
        self.go.wait(LONG / 1e6)
        self.runs.append(feeds["x"].tolist())
        if 13 in feeds["x"]:
            raise invalid("13")
        return dict.fromkeys(fetches, 2 * feeds["x"])


@pytest.fixture
def made():
    batchers = []

    def make(**parameters):
        batcher = Batcher(Parameters(**{"num_batch_threads": 1, "batch_timeout_micros": LONG} | parameters), Metrics())
        batchers.append(batcher)
        return batcher

    yield make
    for batcher in batchers:
        batcher.close()


def _together(batcher, servable, requests, calls=None):
    """Answers of requests from as many threads, in their order; a refusal is its message."""

    def ask(number):
        call = calls[number] if calls else Call()
        try:
            return batcher.run(servable, call, {"x": np.array(requests[number])}, ["y"])["y"].tolist()
        except ServingError as error:
            return f"{error.code.name} {error.message}"

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(ask, range(len(requests))))


def test_what_comes_together_runs_together(made):
    servable = Doubling()
    assert _together(made(max_batch_size=6), servable, [[1], [2, 3], [4, 5, 6]]) == [[2], [4, 6], [8, 10, 12]]
    assert [sorted(run) for run in servable.runs] == [[1, 2, 3, 4, 5, 6]]


def test_a_bad_request_fails_alone(made):
    servable = Doubling()
    assert _together(made(max_batch_size=3), servable, [[1], [13], [3]]) == [[2], "INVALID_ARGUMENT 13", [6]]
    assert sorted(map(sorted, servable.runs)) == [[1], [1, 3, 13], [3], [13]]


def test_what_cannot_be_put_together_runs_apart(made):
    servable, other = Doubling(), Doubling()
    batcher = made(max_batch_size=1)
    assert batcher.run(servable, Call(), {"x": np.array([1])}, ["y"])["y"].tolist() == [2]
    assert batcher.run(other, Call(), {"x": np.array([[1]])}, ["y"])["y"].tolist() == [[2]]
    assert (servable.runs, other.runs) == ([[1]], [[[1]]])


def test_requests_of_two_versions_and_of_two_outputs_do_not_mix(made, until):
    model, other_model = Doubling(), Doubling()
    batcher = made(max_batch_size=2)
    asked = [
        (model, "y", 1),
        (other_model, "y", 3),
        (model, "z", 5),
        (model, "y", 2),
        (other_model, "y", 4),
        (model, "z", 6),
    ]

    def ask(servable, name, number):
        return batcher.run(servable, Call(), {"x": np.array([number])}, [name])[name].tolist()

    with ThreadPoolExecutor(6) as threads:
        first = [threads.submit(ask, *question) for question in asked[:3]]
        until(lambda: sum(len(batch.tasks) for queue in batcher._queues.values() for batch in queue) == 3, 5)
        answers = [*first, *[threads.submit(ask, *question) for question in asked[3:]]]
        assert [answer.result() for answer in answers] == [[2 * number] for _, _, number in asked]
    assert sorted(map(sorted, model.runs)) == [[1, 2], [5, 6]]
    assert sorted(map(sorted, other_model.runs)) == [[3, 4]]


def test_bad_examples_are_in_no_batch_of_named_tensors(made, until):
    """A whole batch fails with one of its requests in TensorFlow Serving: its requests are of one signature."""
    runs = []

    class Signatures:
        def run(self, feeds, fetches):
            runs.append({name: values.tolist() for name, values in feeds.items()})
            if 13 in feeds.get("examples", ()):
                raise invalid("13")
            return {name: next(iter(feeds.values())) for name in fetches}

    servable, batcher = Signatures(), made(max_batch_size=2)

    def ask(feed, number):
        try:
            return batcher.run(servable, Call(), {feed: np.array([number])}, ["y"])["y"].tolist()
        except ServingError as error:
            return error.message

    with ThreadPoolExecutor(4) as threads:
        first = [threads.submit(ask, "examples", 13), threads.submit(ask, "movie_id", 1)]
        until(lambda: sum(len(batch.tasks) for queue in batcher._queues.values() for batch in queue) == 2, 5)
        answers = [*first, threads.submit(ask, "movie_id", 2), threads.submit(ask, "examples", 3)]
        assert [answer.result() for answer in answers] == ["13", [1], [2], [3]]
    assert [run for run in runs if "movie_id" in run] == [{"movie_id": [1, 2]}]


def test_nobody_waits_for_more_than_the_timeout(made):
    assert _together(made(max_batch_size=100, batch_timeout_micros=1000), Doubling(), [[1]]) == [[2]]


def test_who_has_gone_is_left_out(made):
    servable = Doubling()
    calls = [Call(), Call("GRPC", lambda: False)]
    answers = _together(made(max_batch_size=2), servable, [[1], [2]], calls)
    assert answers == [[2], "CANCELLED The client has gone, or its deadline has passed."]
    assert servable.runs == [[1]]


def test_a_request_larger_than_a_batch_is_refused_as_in_tf_serving(made):
    text = "INVALID_ARGUMENT Task size 3 is larger than maximum input batch size 2"
    assert _together(made(max_batch_size=2), Doubling(), [[1, 2, 3]]) == [text]


SPLIT = {"max_batch_size": 10, "enable_large_batch_splitting": True, "max_execution_batch_size": 4}


def test_a_request_larger_than_an_execution_is_cut_up(made):
    servable = Doubling()
    ten = list(range(20, 30))
    assert _together(made(**SPLIT, batch_timeout_micros=0), servable, [ten]) == [[2 * number for number in ten]]
    assert servable.runs == [ten[:4], ten[4:8], ten[8:]]
    text = "INVALID_ARGUMENT Task size 11 is larger than maximum input batch size 10"
    assert _together(made(**SPLIT), servable, [[*ten, 30]]) == [text]


def test_a_cut_request_first_fills_the_batch_that_waits(made, until):
    servable = Doubling()
    servable.go.clear()
    batcher = made(**SPLIT, batch_timeout_micros=0)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(_together, batcher, servable, [[1]])
        until(servable.entered.is_set)
        small = threads.submit(_together, batcher, servable, [[2, 3, 4]])
        until(lambda: b"enqueued_batches 1.0" in batcher._metrics.render()[0])
        large = threads.submit(_together, batcher, servable, [[5, 6, 7, 8, 9, 10]])
        until(lambda: b"enqueued_batches 3.0" in batcher._metrics.render()[0])
        servable.go.set()
        assert [answer.result() for answer in (first, small, large)] == [
            [[2]],
            [[4, 6, 8]],
            [[10, 12, 14, 16, 18, 20]],
        ]
    assert servable.runs == [[1], [2, 3, 4, 5], [6, 7, 8, 9], [10]]


def test_of_a_cut_request_no_part_is_queued_where_not_all_find_room(made, until):
    servable = Doubling()
    servable.go.clear()
    batcher = made(**SPLIT, batch_timeout_micros=0, max_enqueued_batches=2)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(_together, batcher, servable, [[1]])
        until(servable.entered.is_set)
        try:
            with pytest.raises(ServingError, match="currently 0 batches enqueued and max_enqueued_batches is 2"):
                batcher.run(servable, Call(), {"x": np.arange(20, 30)}, ["y"])
            assert b"enqueued_batches 0.0" in batcher._metrics.render()[0]
        finally:
            servable.go.set()
        assert first.result() == [[2]]


def test_a_part_that_fails_fails_the_request(made):
    answers = _together(made(**SPLIT, batch_timeout_micros=0), Doubling(), [[1, 2, 3, 4, 5, 13]])
    assert answers == ["INVALID_ARGUMENT 13"]


def test_a_full_queue_is_refused_as_in_tf_serving(made, until):
    servable = Doubling()
    servable.go.clear()
    batcher = made(max_batch_size=1, max_enqueued_batches=2, batch_timeout_micros=0)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(_together, batcher, servable, [[1]])
        until(servable.entered.is_set)
        waiting = [threads.submit(_together, batcher, servable, [[number]]) for number in (2, 3)]
        until(lambda: b"enqueued_batches 2.0" in batcher._metrics.render()[0])
        text = (
            "UNAVAILABLE The batch scheduling queue to which this task was submitted is full; currently 2 batches"
            " enqueued and max_enqueued_batches is 2"
        )
        try:
            with pytest.raises(ServingError) as caught:
                batcher.run(servable, Call(), {"x": np.array([4])}, ["y"])
            assert f"{caught.value.code.name} {caught.value.message}" == text
        finally:
            servable.go.set()
        assert [answer.result() for answer in (first, *waiting)] == [[[2]], [[4]], [[6]]]


def test_whatever_goes_wrong_every_caller_is_told(made):
    class Broken:
        @staticmethod
        def run(feeds, fetches):
            raise MemoryError("none left")

    batcher = made(max_batch_size=1)
    for _ in range(2):
        with pytest.raises(MemoryError, match="none left"):
            batcher.run(Broken(), Call(), {"x": np.array([1])}, ["y"])


def test_closing_runs_what_is_queued_and_takes_no_more(made, until):
    batcher = made(max_batch_size=2)
    with ThreadPoolExecutor(1) as threads:
        queued = threads.submit(_together, batcher, Doubling(), [[1]])
        until(lambda: bool(batcher._queues))
        batcher.close()
        assert queued.result() == [[2]]
    with pytest.raises(ServingError, match=r"The server is stopping\.") as caught:
        batcher.run(Doubling(), Call(), {"x": np.array([1])}, ["y"])
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("padded", [False, True])
def test_over_grpc_the_answers_are_those_of_single_requests(serve, small_models, small_model, padded):
    served = serve(small_models, batching=Parameters(4, 2000, 100, 2, padded))
    rows = [(float(number), ("red", "green", "")[number % 3], ["t"] * (number % 3 + 1)) for number in range(40)]
    bad = {7, 23}

    def ask(number):
        x, color, tags = rows[number]
        if number % 2:
            inputs, signature = {"examples": [b"\xff" if number in bad else small_model.example(*rows[number])]}, ""
        else:
            inputs, signature = {"x": [x], "color": [color], "tags": [tags]}, "predict_raw"
        try:
            return list(served.predict(inputs, signature).outputs["logit"].float_val)
        except grpc.RpcError as error:
            return error.code().name

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask, range(len(rows))))
    for number, answer in enumerate(answers):
        if number in bad:
            assert answer == "INVALID_ARGUMENT"
        elif padded and not number % 2:
            # Padding repeats the first tag: between its own and the longest of three.
            least, most = small_model.logit(*rows[number]), small_model.logit(*rows[number][:2], "aaa")
            assert len(answer) == 1
            assert least - 1e-5 <= answer[0] <= most + 1e-5
        else:
            assert answer == pytest.approx([small_model.logit(*rows[number])])


def test_defaults_of_one_row_do_not_batch_with_several_rows_as_in_tf_serving(serve, small_models, refused, small_model):
    served = serve(small_models, batching=Parameters(num_batch_threads=1))
    assert list(served.predict({"x": [1.0]}, "predict_raw").outputs["score"].float_val) == pytest.approx(
        [small_model.score(1.0)]
    )
    with refused("INVALID_ARGUMENT", "Batching Run() input tensors must have equal 0th-dimension size"):
        served.predict({"x": [1.0, 2.0]}, "predict_raw")

"""TFMA's records by our names. The records are TFMA's protos; reading the files is TFMA's own."""

from __future__ import annotations

import pytest
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import metrics_for_slice_pb2, validation_result_pb2

from components.evaluator import results


def metrics(text: str) -> metrics_for_slice_pb2.MetricsForSlice:
    return text_format.Parse(text, metrics_for_slice_pb2.MetricsForSlice())


def value(name: str, number: float, model: str = "", is_diff: bool = False) -> str:
    key = f'name: "{name}" model_name: "{model}" is_diff: {str(is_diff).lower()}'
    return f"metric_keys_and_values {{ key {{ {key} }} value {{ double_value {{ value: {number} }} }} }}"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch):
    def call(slices: list[str], failures: str = "") -> results.Results:
        validation = validation_result_pb2.ValidationResult()
        if failures:
            text_format.Parse(f"metric_validations_per_slice {{ {failures} }}", validation)
        monkeypatch.setattr(tfma, "load_metrics", lambda uri: [metrics(text) for text in slices])
        monkeypatch.setattr(tfma, "load_validation_result", lambda uri: validation)
        return results.read("somewhere")

    return call


def test_one_model_is_the_candidate_by_our_names(read) -> None:
    ours = {"auc": 1, "auc_pr": 2, "logloss": 3, "accuracy": 4, "calibration": 5, "rmse": 6, "mae": 7, "rows": 8}
    found = read([" ".join(value(name, number) for name, number in ours.items())])
    assert found == results.Results({"candidate": ours}, {}, [])


def test_two_models_keep_their_names_and_differences_are_left_out(read) -> None:
    found = read(
        [
            value("auc", 0.9, "candidate")
            + value("auc", 0.8, "baseline")
            + value("auc", 0.1, "candidate", is_diff=True)
            + value("recall", 0.5, "candidate")
        ]
    )
    assert found.metrics == {"candidate": {"auc": 0.9}, "baseline": {"auc": 0.8}}


def test_slices_are_named_by_feature_and_value_and_small_ones_left_out(read) -> None:
    def gender(code: str, rows: int) -> str:
        key = f'slice_key {{ single_slice_keys {{ column: "gender" bytes_value: "{code}" }} }}'
        return key + value("auc", 0.7) + value("rows", rows)

    found = read([value("auc", 0.9), gender("F", 50), gender("M", 49)])
    assert found.slices == {"gender=F": {"candidate": {"auc": 0.7, "rows": 50}}}


def failure(name: str, number: float, threshold: str, is_diff: bool = False) -> str:
    key = f'metric_key {{ name: "{name}" is_diff: {str(is_diff).lower()} }}'
    measured = f"metric_value {{ double_value {{ value: {number} }} }}"
    return f"failures {{ {key} {measured} metric_threshold {{ {threshold} }} }}"


@pytest.mark.parametrize(
    ("failed", "sentence"),
    [
        (
            failure("auc", 0.612, "value_threshold { lower_bound { value: 0.7 } }"),
            "auc is 0.6120, at least 0.7 is needed",
        ),
        (
            failure("calibration", 1.4, "value_threshold { lower_bound { value: 0.8 } upper_bound { value: 1.2 } }"),
            "calibration is 1.4000, at most 1.2 is allowed",
        ),
        (
            failure("auc", -0.01, "change_threshold { absolute { value: -0.005 } }", is_diff=True),
            "auc is 0.0100 lower than the last blessed model's, at most 0.005 is allowed",
        ),
        (
            failure("logloss", 0.03, "change_threshold { absolute { value: 0.01 } }", is_diff=True),
            "logloss is 0.0300 higher than the last blessed model's, at most 0.01 is allowed",
        ),
    ],
)
def test_a_bound_that_did_not_hold_is_a_sentence(read, failed: str, sentence: str) -> None:
    assert read([value("auc", 0.6)], failed).refusals == [sentence]


# Of a last blessed model with an RMSE of 50 the candidate is 0.6 worse, which is 1.2 %.
@pytest.mark.parametrize(
    ("threshold", "sentence"),
    [
        ("relative { value: 0.01 }", "1.20 % higher than the last blessed model's, at most 1 % is allowed"),
        (
            "absolute { value: 0.7 } relative { value: 0.01 }",
            "1.20 % higher than the last blessed model's, at most 1 % is allowed",
        ),
        (
            "absolute { value: 0.5 } relative { value: 0.02 }",
            "0.6000 higher than the last blessed model's, at most 0.5 is allowed",
        ),
    ],
)
def test_a_share_that_did_not_hold_is_told_in_per_cent(read, threshold: str, sentence: str) -> None:
    failed = failure("rmse", 0.6, f"change_threshold {{ {threshold} }}", is_diff=True)
    models = [value("rmse", 50.6, "candidate") + value("rmse", 50.0, "baseline")]
    assert read(models, failed).refusals == [f"rmse is {sentence}"]


def test_a_share_of_nothing_has_no_end(read) -> None:
    failed = failure("rmse", 0.6, "change_threshold { relative { value: 0.01 } }", is_diff=True)
    models = [value("rmse", 0.6, "candidate") + value("rmse", 0.0, "baseline")]
    expected = "rmse is inf % higher than the last blessed model's, at most 1 % is allowed"
    assert read(models, failed).refusals == [expected]


def test_a_metric_that_is_no_number_fails_its_lower_bound_in_words(read) -> None:
    failed = failure("auc", float("nan"), "value_threshold { lower_bound { value: 0.5 } }")
    assert read([value("auc", 0.6)], failed).refusals == ["auc is nan, at least 0.5 is needed"]


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_a_metric_that_is_no_number_is_refused_without_any_bound_of_its_value(read, number: str) -> None:
    # The largest of 64 bits, as IEEE 754 has it.
    failed = failure(
        "rmse", float(number), f"value_threshold {{ upper_bound {{ value: {(2 - 2**-52) * 2.0**1023!r} }} }}"
    )
    assert read([value("rmse", 1.0)], failed).refusals == [f"rmse is {number}, which is no number"]

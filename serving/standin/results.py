"""What Classify and Regress ask of a signature, and how its tensors become their results."""

from __future__ import annotations

from collections.abc import Mapping

from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.classification_pb2 import ClassificationResult
from tensorflow_serving.apis.regression_pb2 import RegressionResult

from widedeep.serving.standin.errors import invalid
from widedeep.serving.tensors import Array


def check_classification(signature: SignatureDef) -> list[str]:
    """The tensors to fetch: classes, scores or both."""
    count = len(signature.outputs)
    _check(signature, "classification", (1, 2), f"Expected one or two output Tensors, found {count}")
    tensors = [signature.outputs[key].name for key in ("classes", "scores") if key in signature.outputs]
    if not tensors:
        raise invalid(
            'Expected classification signature outputs to contain at least one of "classes" or "scores".'
            f" Signature was: {signature}"
        )
    return tensors


def check_regression(signature: SignatureDef) -> list[str]:
    """The tensor to fetch."""
    _check(signature, "regression", (1,), "Expected one output Tensor.")
    if "outputs" not in signature.outputs:
        raise invalid(f"No regression outputs found in SignatureDef: {signature}")
    return [signature.outputs["outputs"].name]


def _check(signature: SignatureDef, kind: str, outputs: tuple[int, ...], otherwise: str) -> None:
    if len(signature.inputs) != 1:
        raise invalid("Expected one input Tensor.")
    if len(signature.outputs) not in outputs:
        raise invalid(otherwise)
    if "inputs" not in signature.inputs:
        raise invalid(f"No {kind} inputs found in SignatureDef: {signature}")


def fill_classification(
    signature: SignatureDef, outputs: Mapping[str, Array], count: int, result: ClassificationResult
) -> None:
    """Classes string [n, k] and scores float32 [n, k], one of which may be missing, to n times k classes."""
    arrays = {key: outputs[signature.outputs[key].name] for key in ("classes", "scores") if key in signature.outputs}
    for key, array in arrays.items():
        _check_classes(key, array, count)
    widths = [array.shape[1] for array in arrays.values()]
    if len(set(widths)) > 1:
        raise invalid(f"Tensors class and score should match in dim_size(1). Got {widths[0]} vs. {widths[1]}")
    labels = arrays["classes"].tolist() if "classes" in arrays else None
    scores = arrays["scores"].tolist() if "scores" in arrays else None
    for row in range(count):
        classes = result.classifications.add().classes
        for column in range(widths[0]):
            label_score = classes.add()
            if labels is not None:
                label_score.label = labels[row][column].decode(errors="replace")
            if scores is not None:
                label_score.score = scores[row][column]


def _check_classes(key: str, array: Array, count: int) -> None:
    if array.ndim != 2:
        raise invalid(f"Expected Tensor shape: [batch_size num_classes] but got {_shape(array)}")
    kind, name = {"classes": ("O", "DT_STRING"), "scores": ("float32", "DT_FLOAT")}[key]
    if array.dtype != kind:
        raise invalid(f"Expected {key} Tensor of {name}. Got: {array.dtype}")
    if array.shape[0] != count:
        raise invalid(f"Expected {key} output batch size of {count}. Got: {array.shape[0]}")


def fill_regression(
    signature: SignatureDef, outputs: Mapping[str, Array], count: int, result: RegressionResult
) -> None:
    """Outputs float32 [n] or [n, 1] to n values."""
    array = outputs[signature.outputs["outputs"].name]
    if array.ndim != 1 and not (array.ndim == 2 and array.shape[1] == 1):
        raise invalid(
            f"Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got {_shape(array)}"
        )
    if array.shape[0] != count:
        raise invalid(f"Input batch size did not match output batch size: {count} vs. {array.shape[0]}")
    if array.dtype != "float32":
        raise invalid(f"Expected output Tensor of DT_FLOAT.  Got: {array.dtype}")
    for value in array.ravel().tolist():
        result.regressions.add().value = value


def _shape(array: Array) -> str:
    return f"[{','.join(str(size) for size in array.shape)}]"

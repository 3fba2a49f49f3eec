"""TF Serving's methods on its own messages, whoever carries them: gRPC or REST."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import grpc
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest, ClassificationResponse
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, GetModelMetadataResponse
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, GetModelStatusResponse
from tensorflow_serving.apis.inference_pb2 import MultiInferenceRequest, MultiInferenceResponse
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest, ReloadConfigResponse
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse
from tensorflow_serving.apis.regression_pb2 import RegressionRequest, RegressionResponse
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from widedeep.serving.request_log import RequestLog
from widedeep.serving.standin import examples, information
from widedeep.serving.standin.batching.parameters import Parameters
from widedeep.serving.standin.batching.queue import Batcher
from widedeep.serving.standin.call import Call
from widedeep.serving.standin.errors import ServingError, invalid
from widedeep.serving.standin.models.manager import ModelManager
from widedeep.serving.standin.models.servable import Servable
from widedeep.serving.standin.observation.metrics import Metrics
from widedeep.serving.standin.observation.ranking_log import RankingLog
from widedeep.serving.standin.predict import Run, predict
from widedeep.serving.tensors import Array

log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")
_REST = Call()


class Core:
    """Answers requests with the models of a ModelServerConfig.

    Thread-safe and blocking; every method raises ServingError, and nothing else.
    """

    def __init__(
        self,
        config: ModelServerConfig,
        *,
        root: Path | None = None,
        poll: float = 1.0,
        batching: Parameters | None = None,
        max_concurrent: int = 64,
        request_log: RequestLog | None = None,
    ) -> None:
        """Nothing is loaded before start().

        Args:
            config: models whose base paths are absolute.
            root: a reload may name folders below it, beside those of `config`.
            poll: seconds between two looks at the base folders.
            batching: requests are put together; None: each runs alone.
            max_concurrent: requests answered at a time; one more is refused.
            request_log: of what `rank` is asked.

        Raises:
            ServingError: the config can't be served.
        """
        self.metrics = Metrics()
        self.models = ModelManager(config, root=root, poll=poll, watch=self.metrics.loaded, warmed=self.metrics.warm_up)
        self._registry = self.models.registry
        self._batcher = Batcher(batching, self.metrics) if batching else None
        self._predict = RankingLog(request_log).predict if request_log else predict
        self._max_concurrent = max_concurrent
        self._slots = threading.BoundedSemaphore(max_concurrent)

    def start(self) -> None:
        """Loads what there is, and keeps looking for more."""
        self.models.start()

    def close(self, timeout: float = 10.0) -> None:
        """Ends when the requests in flight have ended, or after so many seconds."""
        self.models.close(timeout)
        if self._batcher:
            self._batcher.close()

    def predict(self, request: PredictRequest, call: Call = _REST) -> PredictResponse:
        """Predict: named tensors in, named tensors out."""
        return self._infer("Predict", request, call, self._predict)

    def classify(self, request: ClassificationRequest, call: Call = _REST) -> ClassificationResponse:
        """Classify: tf.Examples in, labels with scores out."""
        return self._infer("Classify", request, call, examples.classify)

    def regress(self, request: RegressionRequest, call: Call = _REST) -> RegressionResponse:
        """Regress: tf.Examples in, a number for each out."""
        return self._infer("Regress", request, call, examples.regress)

    def multi_inference(self, request: MultiInferenceRequest, call: Call = _REST) -> MultiInferenceResponse:
        """MultiInference: several classifications and regressions of the same tf.Examples."""
        return self._infer("MultiInference", request, call, examples.multi_inference)

    def _infer(self, method: str, request: Any, call: Call, answer: Callable[[Servable, Any, Run], _Answer]) -> _Answer:
        # A MultiInferenceRequest names its model in each task.
        several = isinstance(request, MultiInferenceRequest)
        spec = (request.tasks[0].model_spec if request.tasks else ModelSpec()) if several else request.model_spec
        with self._counted(method, spec.name, call), self._slot():
            if not several:
                _check_spec(request)
            call.check()
            with self._registry.lease(spec) as servable:
                run = partial(self._batcher.run, servable, call) if self._batcher else servable.run
                return answer(servable, request, self._timed(run, spec.name, method))

    def _timed(self, run: Run, model: str, method: str) -> Run:
        def timed(feeds: Mapping[str, Array], fetches: Sequence[str]) -> Mapping[str, Array]:
            started = time.perf_counter()
            outputs = run(feeds, fetches)
            self.metrics.run(model, method, time.perf_counter() - started)
            return outputs

        return timed

    @contextmanager
    def _counted(self, method: str, model: str, call: Call = _REST) -> Iterator[None]:
        started = time.perf_counter()
        status = grpc.StatusCode.OK
        try:
            yield
        except ServingError as error:
            status = error.code
            raise
        except Exception as error:
            status = grpc.StatusCode.INTERNAL
            log.exception("%s of %s failed", method, model)
            raise ServingError(status, f"{type(error).__name__}: {error}") from error
        finally:
            known = model if self._registry.knows(model) else ""
            self.metrics.request(known, method, call.entrypoint, status.name, time.perf_counter() - started)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise ServingError(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"The server answers {self._max_concurrent} requests already, as many as it may at a time.",
            )
        try:
            yield
        finally:
            self._slots.release()

    def model_metadata(self, request: GetModelMetadataRequest, call: Call = _REST) -> GetModelMetadataResponse:
        """GetModelMetadata: the signatures of a version."""
        with self._counted("GetModelMetadata", request.model_spec.name, call):
            _check_spec(request)
            return information.metadata(self._registry, request)

    def model_status(self, request: GetModelStatusRequest, call: Call = _REST) -> GetModelStatusResponse:
        """GetModelStatus: the versions that there are or were, and what became of them."""
        with self._counted("GetModelStatus", request.model_spec.name, call):
            _check_spec(request)
            return information.status(self._registry, request)

    def signature(self, spec: ModelSpec, name: str) -> SignatureDef:
        """The signature of a version by its name, for REST; "" is serving_default."""
        with self._registry.lease(spec) as servable:
            name, signature = servable.signature(name)
        if signature is None:
            raise invalid(f'Serving signature name: "{name}" not found in signature def')
        return signature

    def reload_config(self, request: ReloadConfigRequest, call: Call = _REST) -> ReloadConfigResponse:
        """HandleReloadConfigRequest: other models, versions or labels from now on. Metrics are not sent back."""
        with self._counted("HandleReloadConfigRequest", "", call):
            self.models.reload(request.config)
            return ReloadConfigResponse(status={"error_code": 0})


def _check_spec(request: Any) -> None:
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")

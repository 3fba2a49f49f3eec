"""A client of TF Serving and the stand-in alike, over gRPC and REST. It imports no TensorFlow."""

from widedeep.components.common.errors import ConfigError, WideDeepError
from widedeep.serving.client.errors import (
    DeadlineError,
    FeatureError,
    ModelError,
    RankingError,
    ServerAwayError,
    ServerError,
    UnknownFeatureError,
)
from widedeep.serving.client.ranking import RankedCandidate, Ranking
from widedeep.serving.client.ranking_client import RankingClient
from widedeep.serving.client.signature import Feature
from widedeep.serving.client.tls import Tls

__all__ = [
    "ConfigError",
    "DeadlineError",
    "Feature",
    "FeatureError",
    "ModelError",
    "RankedCandidate",
    "Ranking",
    "RankingClient",
    "RankingError",
    "ServerAwayError",
    "ServerError",
    "Tls",
    "UnknownFeatureError",
    "WideDeepError",
]

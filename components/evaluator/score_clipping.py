"""Scores that TFMA's metrics can bear."""

from __future__ import annotations

from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis import extractors

from widedeep.components.evaluator.statistics.base_rates import LEAST_CHANCE
from widedeep.components.evaluator.tfma_config import SCORE_KEY
from widedeep.components.features.spec import Label


def clip_scores(label: Label) -> extractors.Extractor:
    """A TFMA extractor that hands on scores at which none of TFMA's metrics breaks.

    Its histograms stop at what is no number, and its log loss is NaN or infinite for a chance of exactly 0 or 1. It
    comes after our statistics, which have counted the former.
    """
    ends = (LEAST_CHANCE, 1 - LEAST_CHANCE) if label.kind == "binary" else (-np.inf, np.inf)

    def clip(extracts: dict[str, Any]) -> dict[str, Any]:
        predictions = extracts[tfma.PREDICTIONS_KEY]
        clipped: dict[str, Any] = (
            _clipped(predictions, *ends)
            if SCORE_KEY in predictions
            else {model: _clipped(outputs, *ends) for model, outputs in predictions.items()}
        )
        return {**extracts, tfma.PREDICTIONS_KEY: clipped}

    return extractors.Extractor("ClipScores", beam.Map(clip))


def _clipped(outputs: dict[str, np.ndarray], least: float, most: float) -> dict[str, np.ndarray]:
    score = outputs[SCORE_KEY]
    return {**outputs, SCORE_KEY: np.clip(np.where(np.isfinite(score), score, 0.5), least, most).astype(score.dtype)}

"""Transform: TFX's contract, our executor."""

from __future__ import annotations

from tfx import types
from tfx.components.transform import component as tfx_transform
from tfx.dsl.components.base import executor_spec

from widedeep.components.transform import preprocessing
from widedeep.components.transform.executor import Executor


class Transform(tfx_transform.Transform):
    """Learns the transforms from the split `train`, and applies them to every split."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        schema: types.BaseChannel,
        settings: dict[str, str],
        analyzer_cache: types.BaseChannel | None,
    ) -> None:
        """Transforms the examples of one or more spans.

        Args:
            examples: raw rows.
            schema: of the rows.
            settings: `features`, the declaration as JSON, and `code`, a digest of what is done with it.
            analyzer_cache: what is known of the spans from earlier; None where nothing is kept for later either, since
                one span is never analysed twice.
        """
        super().__init__(
            examples=examples,
            schema=schema,
            preprocessing_fn=f"{preprocessing.__name__}.{preprocessing.preprocessing_fn.__name__}",
            custom_config=settings,
            analyzer_cache=analyzer_cache,
            # StatisticsGen has computed them already.
            disable_statistics=True,
            disable_analyzer_cache=analyzer_cache is None,
        )

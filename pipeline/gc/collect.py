"""Carries a plan out."""

from __future__ import annotations

import os
import shutil
from typing import Any

from widedeep.components.common.bucket_path import BucketPath
from widedeep.components.common.errors import WideDeepError, reason
from widedeep.components.metadata.inventory import mark_deleted
from widedeep.pipeline.gc.plan import Plan


def collect(store: Any, plan: Plan) -> None:
    """Marks, then removes: what is half removed when this is interrupted, nobody is handed out, and the next one ends.

    Args:
        store: ML Metadata's, to write.
        plan: what to do.

    Raises:
        WideDeepError: something can't be removed.
    """
    mark_deleted(store, plan.mark)
    for removal in plan.remove:
        try:
            if isinstance(removal.path, BucketPath):
                removal.path.remove()
            elif removal.path.is_dir() and not removal.path.is_symlink():
                shutil.rmtree(removal.path)
            else:
                os.unlink(removal.path)
        except OSError as error:
            raise WideDeepError(
                f"{removal.path} can't be removed: {reason(error)}. Mend that and run the same command again."
            ) from error

"""What a step writes for others to read: typed records in JSON files, whole or not there, read or refused in words.

A record may have been written by another version of this package. A key that came later has a default, so that an older
file is read; what can't be read says which file, key and value it was, and what to do.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from widedeep.components.common.errors import RecordError, reason
from widedeep.components.common.files import write_whole
from widedeep.components.common.setting_errors import problems
from widedeep.components.common.settings import Strict

_REMEDY = (
    "Another version of widedeep, or something else, wrote this file: read it with the version that wrote it, "
    "or remove it and run the pipeline again."
)


def _finite_or_none(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


# A measured number; None, which is null in JSON, where it is infinite or none.
Number = Annotated[float | None, BeforeValidator(_finite_or_none)]

# Two numbers, which are an array in JSON: a point, or an interval.
Pair = Annotated[tuple[float, float], Field(strict=False)]


class Record(Strict):
    """The content of a JSON file, or a part of it: types are kept, unknown keys are refused."""

    model_config = ConfigDict(strict=True, serialize_by_alias=True)

    def text(self) -> str:
        """The record as JSON."""
        return json.dumps(self.model_dump(mode="json"), indent=1, allow_nan=False) + "\n"

    def write(self, path: str | Path) -> None:
        """Writes the record whole, or leaves what was there.

        Args:
            path: of a file here, or an address ("gs://...").
        """
        path = str(path)
        if "://" in path:
            import tensorflow as tf

            tf.io.gfile.makedirs(os.path.dirname(path))
            with tf.io.gfile.GFile(f"{path}.new", "w") as file:
                file.write(self.text())
            tf.io.gfile.rename(f"{path}.new", path, overwrite=True)
            return
        write_whole(Path(path), self.text().encode("utf-8"))

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The record that `write` left.

        Raises:
            RecordError: the file is not there, or holds no such record.
        """
        try:
            return cls.parse(_content(str(path)), str(path))
        except OSError as error:
            raise RecordError(f"{path}: can't be read: {error.strerror or reason(error)}.") from None
        except UnicodeDecodeError as error:
            raise RecordError(f"{path}: is not UTF-8 text (at byte {error.start}). {_REMEDY}") from None

    @classmethod
    def parse(cls, text: str, where: str) -> Self:
        """The record that a text holds.

        Args:
            text: JSON.
            where: it is from, for the error.

        Raises:
            RecordError: it is no such record.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RecordError(f"{where}: is not valid JSON: {reason(error)}. {_REMEDY}") from None
        if not isinstance(data, dict):
            raise RecordError(f"{where}: holds no JSON object. {_REMEDY}")
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise RecordError("\n".join([*problems(error, where, data), _REMEDY])) from None


class SparseRecord(Record):
    """A record in whose JSON a key without a value is left out."""

    @model_serializer(mode="wrap")
    def _without_nulls(self, handler: SerializerFunctionWrapHandler) -> Any:
        return {key: value for key, value in handler(self).items() if value is not None}


def _content(path: str) -> str:
    if "://" not in path:
        return Path(path).read_text(encoding="utf-8")
    import tensorflow as tf

    try:
        with tf.io.gfile.GFile(path) as file:
            return str(file.read())
    except tf.errors.OpError as error:
        raise OSError(reason(error)) from None

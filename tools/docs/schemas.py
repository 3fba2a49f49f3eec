"""The JSON schemas of features.yaml and pipeline.yaml, by which editors check both files, and of run.json.

`python -m tools.docs.schemas` writes them to schema/.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from widedeep.components.features.groups import FeaturesFile
from widedeep.pipeline.definition.config import PipelineConfig
from widedeep.pipeline.record.json_schema import DIALECT, run_json_schema

Schema = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
FILES: dict[str, type] = {"features": FeaturesFile, "pipeline": PipelineConfig}
PUBLISHED = (*FILES, "run")


def of(model: type) -> Schema:
    """The schema of a model, without what says the same twice: titles, and the defaults of whole groups of keys."""
    schema = TypeAdapter(model).json_schema(by_alias=True)
    for definition in (schema, *schema.get("$defs", {}).values()):
        definition.pop("title", None)
        for key in definition.get("properties", {}).values():
            key.pop("title", None)
            if "$ref" in key:
                key.pop("default", None)
    return schema


def text(name: str) -> str:
    """What stands in schema/NAME.schema.json."""
    if name in FILES:
        schema = {"$schema": DIALECT, "title": f"{name}.yaml", **of(FILES[name])}
    else:
        schema = run_json_schema()
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def path(name: str) -> Path:
    """Where it lies."""
    return ROOT / "schema" / f"{name}.schema.json"


if __name__ == "__main__":
    for name in PUBLISHED:
        path(name).write_text(text(name), encoding="utf-8")
        print(path(name).relative_to(ROOT))

"""The JSON schemas of features.yaml and pipeline.yaml, by which editors complete and check both files.

`python -m tools.docs.schemas` writes them to schema/.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from widedeep.components.features.spec import FeatureSpec
from widedeep.pipeline.definition.config import PipelineConfig

Schema = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
FILES: dict[str, type] = {"features": FeatureSpec, "pipeline": PipelineConfig}


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
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"{name}.yaml", **of(FILES[name])}
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def path(name: str) -> Path:
    """Where it lies."""
    return ROOT / "schema" / f"{name}.schema.json"


if __name__ == "__main__":
    for name in FILES:
        path(name).write_text(text(name), encoding="utf-8")
        print(path(name).relative_to(ROOT))

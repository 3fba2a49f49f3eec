"""run.json for other programs: its JSON schema."""

from __future__ import annotations

from pydantic.json_schema import JsonSchemaValue

from widedeep.pipeline.record.summary import Summary

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def run_json_schema() -> JsonSchemaValue:
    """What a run.json holds: every key with its type and meaning."""
    return {"$schema": DIALECT, **Summary.model_json_schema(), "title": "run.json"}

"""Validates JSON output by the schemas in docs/schemas/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SCHEMAS = Path(__file__).parent.parent / "docs" / "schemas"


def read_schema(name: str) -> Any:
    """Read a schema, and check that it is one."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def closed(schema: Any) -> Any:
    """Return a schema that allows no properties but those that it lists."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {name: closed(each) for name, each in schema.items()}
    return copy | ({"additionalProperties": False} if isinstance(schema.get("required"), list) else {})


def require_valid(value: Any, name: str) -> None:
    """Validate a value, which may have only the properties that the schema lists.

    An installed package has no schemas; the value is not validated there.
    """
    if SCHEMAS.exists():
        jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
        jsonschema.Draft202012Validator(closed(read_schema(name))).validate(value)

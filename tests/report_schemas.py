"""JSON Schemas of the reports that commands print with --json, made from the dataclasses of the reports.

python -m tests.report_schemas      writes docs/schemas/NAME.schema.json for each report
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import ModuleType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from skipgramophone.evaluation import comparison, paired, recency_choice, snapshots, splits, tuning, window_choice
from skipgramophone.evaluation.stability import Stability
from skipgramophone.inspection import findings
from skipgramophone.inspection.report import Inspection
from skipgramophone.lookup.annoy_index import IndexFacts
from skipgramophone.maps import clusters
from skipgramophone.pipeline import reports
from skipgramophone.pipeline.check import Checked
from skipgramophone.pipeline.experiments import Overview
from skipgramophone.playlists import named_ids
from skipgramophone.playlists.encoding import identifier_matching
from tests.json_schemas import SCHEMAS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
REPORTS: dict[str, tuple[str, Any]] = {  # name of the schema -> the command that prints the report, and its class
    "extract": ("sgp extract", reports.ExtractReport),
    "train": ("sgp train", reports.TrainReport),
    "index": ("sgp index", IndexFacts),
    "evaluate": ("sgp evaluate", reports.EvaluateReport),
    "evaluate_compare": ("sgp evaluate --compare", reports.CompareReport),
    "evaluate_stability": ("sgp evaluate --stability", Stability),
    "tune": ("sgp tune", tuning.TuneReport),
    "inspect": ("sgp inspect", Inspection),
    "check": ("sgp check", Checked),
    "experiment": ("sgp experiments NAME", Overview),
    "export": ("sgp export", reports.ExportReport),
    "import": ("sgp import", reports.ImportReport),
    "map": ("sgp map", reports.MapReport),
}
# Modules with the types that reports.py imports only for type checkers.
MODULES: tuple[ModuleType, ...] = (
    clusters,
    comparison,
    findings,
    identifier_matching,
    named_ids,
    paired,
    recency_choice,
    snapshots,
    splits,
    window_choice,
)
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
ATTRIBUTE = re.compile(r"^    (\w+): (.*?)(?=^    [\w, ]+: |\Z)", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"^    (\w+): [^#\n]*# (.*)$", re.MULTILINE)


def report_schema(name: str) -> dict[str, Any]:
    """Return the schema of a report."""
    command, kind = REPORTS[name]
    defined: dict[str, Any] = {}
    schema = object_schema(kind, defined)
    about = f"Output of {command} --json. {schema.pop('description')} Later versions may add properties."
    head = {"$schema": DIALECT, "title": kind.__name__, "description": about}
    return head | schema | ({"$defs": dict(sorted(defined.items()))} if defined else {})


def object_schema(kind: Any, defined: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a dataclass; the dataclasses inside it are added to `defined`."""
    names = {name: value for module in MODULES for name, value in vars(module).items()}
    types, described = get_type_hints(kind, localns=names), descriptions(kind)
    properties = {}
    for declared in fields(kind):
        about = {"description": described[declared.name]} if declared.name in described else {}
        properties[declared.name] = about | value_schema(types[declared.name], defined)
    summary = (kind.__doc__ or "").partition("\n")[0]
    return {"description": summary, "type": "object", "required": list(properties), "properties": properties}


def descriptions(kind: Any, none: str = "null") -> dict[str, str]:
    """Return the descriptions of fields, from the attributes in the docstring or the comments beside the fields.

    `none` is the word for None: JSON has another one than Python.
    """
    listed = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]
    found = [*COMMENT.findall(inspect.getsource(kind)), *ATTRIBUTE.findall(listed)]
    return {name: sentence(" ".join(text.split()), none) for name, text in found}


def sentence(text: str, none: str) -> str:
    """Write a description with a capital letter, a full stop, and another word for None."""
    text = re.sub(r"\bNone\b", none, text)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def value_schema(kind: Any, defined: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a type.

    Raises:
        TypeError: the type has no counterpart here.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return {}
    if kind in PLAIN:
        return {"type": PLAIN[kind]}
    if is_dataclass(kind) and isinstance(kind, type):
        if kind.__name__ not in defined:
            defined[kind.__name__] = {}  # keeps a class that contains itself from being described without end
            defined[kind.__name__] = object_schema(kind, defined)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin in (Union, UnionType):
        return {"anyOf": [value_schema(one, defined) for one in inner]}
    if origin in (dict, Mapping):
        value = value_schema(inner[1], defined)
        return {"type": "object"} | ({"additionalProperties": value} if value else {})
    if origin is list or (origin is tuple and inner[-1] is Ellipsis):
        return {"type": "array", "items": value_schema(inner[0], defined)}
    if origin is tuple:
        items = [value_schema(one, defined) for one in inner]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}
    raise TypeError(f"no JSON Schema for {kind}")


def text_of(schema: dict[str, Any]) -> str:
    """Return the text of a schema file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the schemas of all reports."""
    for name in REPORTS:
        (SCHEMAS / f"{name}.schema.json").write_text(text_of(report_schema(name)), encoding="utf-8")


if __name__ == "__main__":
    main()

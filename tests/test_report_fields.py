"""docs/report-fields.md lists the fields of everything that the Python functions return.

python -m tests.test_report_fields      writes docs/report-fields.md from the classes
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import skipgramophone as sgp
from skipgramophone.experiment.corpus import Corpus
from skipgramophone.experiment.embeddings import Embeddings
from tests.report_schemas import MODULES, REPORTS, descriptions
from tests.test_docs import HERE

PAGE = HERE / "docs" / "report-fields.md"
RETURNED = {  # function of the package -> name of its report in REPORTS
    "extract": "extract",
    "train": "train",
    "build_index": "index",
    "export": "export",
    "import_vectors": "import",
    "evaluate": "evaluate",
    "compare_experiments": "evaluate_compare",
    "tune": "tune",
    "inspect": "inspect",
    "draw_map": "map",
    "check": "check",
}
MATRICES = {"embeddings": Embeddings, "corpus": Corpus}  # attribute of `Lookup` -> its class
HEAD = """# Fields of results

<!-- Written by `make docs` from the classes. -->

The functions of the package return dataclasses. After `report = sgp.evaluate("demo")`, for example,
`report.judgement.judged[0].metrics` holds the metrics of the first ranking.
This page lists their fields. `dataclasses.asdict(report)` converts a report into a dictionary with the same fields as
the output of `--json`. [Using skipgramophone from Python](python.md) lists the functions. The [Python API](api.md)
describes the objects that look-ups return.
"""

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="the documents are not part of an installed package")


def inner_classes(kind: Any) -> Iterator[type]:
    """Yield the dataclasses in the types of the fields of a dataclass, in the order of the fields."""
    names = {name: value for module in MODULES for name, value in vars(module).items()}
    types = get_type_hints(kind, localns=names)
    waiting = [types[declared.name] for declared in fields(kind)]
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, type) and is_dataclass(found):
            yield found
        waiting = [*get_args(found), *waiting]


def all_classes(first: type) -> list[type]:
    """Return a dataclass and all dataclasses inside it, each once."""
    found = [first]
    for kind in found:
        found += [each for each in dict.fromkeys(inner_classes(kind)) if each not in found]
    return found


def table(kind: Any) -> str:
    """Return the table of the fields and properties of a class."""
    described, lines = descriptions(kind, none="None"), ["| field | type | meaning |", "|---|---|---|"]
    lines += [f"| `{each.name}` | {code(each.type)} | {described.get(each.name, '')} |" for each in fields(kind)]
    for name, value in vars(kind).items():
        if isinstance(value, property):
            returned = inspect.signature(value.fget or len).return_annotation
            lines.append(f"| `{name}` | {code(returned)} | {(value.__doc__ or '').partition(chr(10))[0]} |")
    return "\n".join(lines)


def code(kind: Any) -> str:
    """Return a type as code in a table cell."""
    return f"`{kind}`".replace("|", "\\|")


def section(kind: Any, about: str) -> str:
    """Return the section of a class."""
    return f"\n### {kind.__name__}\n\n{about}\n\n{table(kind)}\n"


def summary(kind: Any) -> str:
    """Return the first line of the docstring of a class."""
    return (kind.__doc__ or "").partition("\n")[0]


def page() -> str:
    """Return the page."""
    text, shown = HEAD, set(MATRICES.values())
    for function, name in RETURNED.items():
        report = REPORTS[name][1]
        text += f"\n## {function}\n\n`{function}` returns [{report.__name__}](#{report.__name__.lower()}).\n"
        for kind in all_classes(report):
            if kind not in shown:
                shown.add(kind)
                text += section(kind, summary(kind))
    text += "\n## Vectors and playlists of a look-up\n\n`lookup = sgp.open(NAME)` has these attributes:\n"
    for attribute, kind in MATRICES.items():
        text += section(kind, f"`lookup.{attribute}`. {summary(kind)}")
    return text


def test_the_page_lists_the_fields_of_the_classes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(), "run make docs"
    for name in ("judgement", "against", "centre", "context", "held_out_names"):
        assert f"\n| `{name}` | " in text


def test_only_fields_that_exist_are_described() -> None:
    kinds = [kind for _, report in REPORTS.values() for kind in all_classes(report)]
    for kind in kinds:
        existing = {each.name for each in fields(kind)} | {name for name in vars(kind) if not name.startswith("_")}
        assert not descriptions(kind, none="None").keys() - existing, kind


def test_the_functions_return_the_classes_of_the_page() -> None:
    for function, name in RETURNED.items():
        assert inspect.signature(getattr(sgp, function)).return_annotation == REPORTS[name][1].__name__, function


def test_an_opened_experiment_has_the_attributes_of_the_page(sample_root: Path) -> None:
    with sgp.open("demo", sample_root) as lookup:
        for attribute, kind in MATRICES.items():
            assert type(getattr(lookup, attribute)) is kind
        assert lookup.embeddings.centre.shape == (len(lookup.tracks()), lookup.embeddings.dim)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

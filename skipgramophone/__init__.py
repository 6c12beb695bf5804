"""From a dump of playlists to track embeddings.

    import skipgramophone as sgp

    sgp.extract("demo", sample=True)
    sgp.train("demo")
    demo = sgp.open("demo")
    demo.similar("some track")

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skipgramophone.answer import Answer, Neighbour, Seed
    from skipgramophone.errors import SgpError
    from skipgramophone.explanation import Explanation
    from skipgramophone.inspection.finding import Finding
    from skipgramophone.inspection.inspection import Inspection
    from skipgramophone.lookup import Lookup
    from skipgramophone.lookup import open_lookup as open
    from skipgramophone.pipeline import build_index, draw_map, export, extract, import_vectors, inspect, similar, train
    from skipgramophone.settings import (
        ContinueSettings,
        ExplainSettings,
        ExportSettings,
        ExtractSettings,
        IndexSettings,
        MapSettings,
        RunSettings,
        SimilarSettings,
        TrainSettings,
    )

__version__ = "0.1.0"

_HOME = {
    "Answer": "answer",
    "ExplainSettings": "settings",
    "ExportSettings": "settings",
    "ContinueSettings": "settings",
    "Explanation": "explanation",
    "ExtractSettings": "settings",
    "Finding": "inspection.finding",
    "IndexSettings": "settings",
    "Inspection": "inspection.inspection",
    "Lookup": "lookup",
    "MapSettings": "settings",
    "Neighbour": "answer",
    "RunSettings": "settings",
    "Seed": "answer",
    "SgpError": "errors",
    "SimilarSettings": "settings",
    "TrainSettings": "settings",
    "build_index": "pipeline",
    "check": "checking",
    "draw_map": "pipeline",
    "export": "pipeline",
    "extract": "pipeline",
    "import_vectors": "pipeline",
    "inspect": "pipeline",
    "open": "lookup",
    "similar": "pipeline",
    "train": "pipeline",
}

__all__ = [
    "Answer",
    "ContinueSettings",
    "ExplainSettings",
    "Explanation",
    "ExportSettings",
    "ExtractSettings",
    "Finding",
    "IndexSettings",
    "Inspection",
    "Lookup",
    "MapSettings",
    "Neighbour",
    "RunSettings",
    "Seed",
    "SgpError",
    "SimilarSettings",
    "TrainSettings",
    "__version__",
    "build_index",
    "check",
    "draw_map",
    "export",
    "extract",
    "import_vectors",
    "inspect",
    "open",
    "similar",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_HOME[name]}")
    return getattr(module, "open_lookup" if name == "open" else name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""Train track embeddings from playlists and find similar tracks.

    import skipgramophone as sgp

    sgp.extract("demo", sample=True)
    sgp.train("demo")
    demo = sgp.open("demo")
    demo.similar("some track")

Names are loaded on first use, so that importing the package is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skipgramophone.errors import SgpError
    from skipgramophone.inspection.findings import Finding
    from skipgramophone.inspection.report import Inspection
    from skipgramophone.lookup.explain import Explanation
    from skipgramophone.lookup.lookup import Lookup
    from skipgramophone.lookup.lookup import open_lookup as open
    from skipgramophone.lookup.results import Answer, Neighbour, Seed
    from skipgramophone.lookup.similar_artists import ArtistAnswer, ArtistNeighbour
    from skipgramophone.lookup.similar_playlists import PlaylistAnswer, PlaylistNeighbour
    from skipgramophone.pipeline.evaluate import compare_experiments, evaluate
    from skipgramophone.pipeline.export import export
    from skipgramophone.pipeline.extract import extract
    from skipgramophone.pipeline.import_vectors import import_vectors
    from skipgramophone.pipeline.index import build_index
    from skipgramophone.pipeline.inspect import inspect
    from skipgramophone.pipeline.map import draw_map
    from skipgramophone.pipeline.map import draw_map as map  # noqa: A004 (hides a built-in: users call it sgp.map)
    from skipgramophone.pipeline.similar import similar
    from skipgramophone.pipeline.train import train
    from skipgramophone.pipeline.tune import tune
    from skipgramophone.settings import (
        ContinueSettings,
        EvaluateSettings,
        ExplainSettings,
        ExportSettings,
        ExtractSettings,
        HistorySettings,
        IndexSettings,
        MapSettings,
        RunSettings,
        SimilarSettings,
        TrainSettings,
        TuneSettings,
    )

__version__ = "0.6.0"

_HOME = {
    "Answer": "lookup.results",
    "ArtistAnswer": "lookup.similar_artists",
    "ArtistNeighbour": "lookup.similar_artists",
    "ContinueSettings": "settings",
    "EvaluateSettings": "settings",
    "ExplainSettings": "settings",
    "Explanation": "lookup.explain",
    "ExportSettings": "settings",
    "ExtractSettings": "settings",
    "Finding": "inspection.findings",
    "HistorySettings": "settings",
    "IndexSettings": "settings",
    "Inspection": "inspection.report",
    "Lookup": "lookup.lookup",
    "MapSettings": "settings",
    "Neighbour": "lookup.results",
    "PlaylistAnswer": "lookup.similar_playlists",
    "PlaylistNeighbour": "lookup.similar_playlists",
    "RunSettings": "settings",
    "Seed": "lookup.results",
    "SgpError": "errors",
    "SimilarSettings": "settings",
    "TrainSettings": "settings",
    "TuneSettings": "settings",
    "build_index": "pipeline.index",
    "check": "pipeline.check",
    "compare_experiments": "pipeline.evaluate",
    "draw_map": "pipeline.map",
    "evaluate": "pipeline.evaluate",
    "export": "pipeline.export",
    "extract": "pipeline.extract",
    "import_vectors": "pipeline.import_vectors",
    "inspect": "pipeline.inspect",
    "map": "pipeline.map",
    "open": "lookup.lookup",
    "similar": "pipeline.similar",
    "train": "pipeline.train",
    "tune": "pipeline.tune",
}

# Public name -> name in its module. In their modules, `map` and `open` have other names, so that these modules do not
# redefine the built-ins `map` and `open`.
_OTHER_NAMES = {"map": "draw_map", "open": "open_lookup"}

__all__ = [
    "Answer",
    "ArtistAnswer",
    "ArtistNeighbour",
    "ContinueSettings",
    "EvaluateSettings",
    "ExplainSettings",
    "Explanation",
    "ExportSettings",
    "ExtractSettings",
    "Finding",
    "HistorySettings",
    "IndexSettings",
    "Inspection",
    "Lookup",
    "MapSettings",
    "Neighbour",
    "PlaylistAnswer",
    "PlaylistNeighbour",
    "RunSettings",
    "Seed",
    "SgpError",
    "SimilarSettings",
    "TrainSettings",
    "TuneSettings",
    "__version__",
    "build_index",
    "check",
    "compare_experiments",
    "draw_map",
    "evaluate",
    "export",
    "extract",
    "import_vectors",
    "inspect",
    "map",
    "open",
    "similar",
    "train",
    "tune",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_HOME[name]}")
    return getattr(module, _OTHER_NAMES.get(name, name))


def __dir__() -> list[str]:
    return sorted(__all__)

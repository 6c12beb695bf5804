"""The settings of each stage: every default, bound and help text, stated once.

Each class is frozen, checks itself when it is made, and is written as it is into the manifest of the stage that it
made. Nothing here reads files or knows about the command line.
"""

from skipgramophone.settings.evaluation import EVALUATED_SHARE, PROTOCOLS, EvaluateSettings, Protocol, TuneSettings
from skipgramophone.settings.exports import (
    COLOURS,
    DTYPES,
    MATRICES,
    PROJECTIONS,
    Colour,
    ExportSettings,
    MapSettings,
    Projection,
)
from skipgramophone.settings.extraction import (
    ALL_ROWS,
    FEWEST_JUDGED,
    FORMATS,
    KEEPABLE,
    LASTING,
    ROLES,
    BadBytes,
    ExtractSettings,
    Format,
    GroupBy,
    Repeats,
)
from skipgramophone.settings.inspection import Thresholds
from skipgramophone.settings.locations import DEFAULT_ROOT, ROOT_VARIABLE
from skipgramophone.settings.lookup import (
    ANSWER_FORMATS,
    MAIN_SCORES,
    SCORES,
    ContinueSettings,
    ExplainSettings,
    Score,
    SimilarSettings,
)
from skipgramophone.settings.time_span import seconds_of
from skipgramophone.settings.training import (
    AUTO_WINDOW,
    BAG_BLOCK,
    DEVICES,
    HELD_OUT_SHARE,
    MOST_TREES,
    Context,
    Device,
    IndexSettings,
    RunSettings,
    TrainSettings,
    WindowSize,
)

__all__ = [
    "ALL_ROWS",
    "ANSWER_FORMATS",
    "AUTO_WINDOW",
    "BAG_BLOCK",
    "COLOURS",
    "DEFAULT_ROOT",
    "DEVICES",
    "DTYPES",
    "EVALUATED_SHARE",
    "FEWEST_JUDGED",
    "FORMATS",
    "HELD_OUT_SHARE",
    "KEEPABLE",
    "LASTING",
    "MAIN_SCORES",
    "MATRICES",
    "MOST_TREES",
    "PROJECTIONS",
    "PROTOCOLS",
    "ROLES",
    "ROOT_VARIABLE",
    "SCORES",
    "BadBytes",
    "Colour",
    "Context",
    "ContinueSettings",
    "Device",
    "EvaluateSettings",
    "ExplainSettings",
    "ExportSettings",
    "ExtractSettings",
    "Format",
    "GroupBy",
    "IndexSettings",
    "MapSettings",
    "Projection",
    "Protocol",
    "Repeats",
    "RunSettings",
    "Score",
    "SimilarSettings",
    "Thresholds",
    "TrainSettings",
    "TuneSettings",
    "WindowSize",
    "seconds_of",
]

"""Arguments and options that several commands share. Defaults and bounds are those of `settings`."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from skipgramophone.cli import completion
from skipgramophone.errors import SettingError
from skipgramophone.settings import (
    ANSWER_FORMATS,
    DEFAULT_ROOT,
    DEVICES,
    FORMATS,
    ROOT_VARIABLE,
    SCORES,
    ContinueSettings,
    EvaluateSettings,
    ExplainSettings,
    ExportSettings,
    ExtractSettings,
    IndexSettings,
    MapSettings,
    RunSettings,
    Score,
    SimilarSettings,
    TrainSettings,
    TuneSettings,
    WindowSize,
)

Settings = TypeVar("Settings", ExtractSettings, TrainSettings)
EXTRACT = ExtractSettings()
TRAIN = TrainSettings()
RUN = RunSettings()
INDEX = IndexSettings()
SIMILAR = SimilarSettings()
CONTINUE = ContinueSettings()
EXPLAIN = ExplainSettings()
EVALUATE = EvaluateSettings()
TUNE = TuneSettings()
EXPORT = ExportSettings()
MAP = MapSettings()
WINDOW_SIZE = str(TRAIN.window_size)


def window_size(text: str) -> WindowSize:
    """Read a window size: 'auto', 'bag' or a number."""
    if text == "auto" or text == "bag":
        return text  # type: ignore[return-value]
    try:
        return int(text)
    except ValueError:
        raise SettingError(f"window-size must be 'auto', 'bag' or a number, not {text!r}") from None


def score(name: str) -> Score:
    """Read the name of a score.

    Raises:
        SettingError: there is no such score.
    """
    for known in SCORES:
        if name == known:
            return known
    raise SettingError(f"by must be one of {', '.join(SCORES)}, not {name!r}")


def said(context: typer.Context, settings: Any, config: Path | None = None, stage: str = "") -> set[str]:
    """Names of the settings that were given on the command line, or in a file for a stage."""
    sources = {field.name: context.get_parameter_source(field.name) for field in fields(settings)}
    given = {name for name, source in sources.items() if source is not None and source.name != "DEFAULT"}
    return given | _read(config, stage, type(settings)).keys()


def _read(config: Path | None, stage: str, kind: type[Any]) -> dict[str, Any]:
    """The settings of a file for a stage, if there is one."""
    if config is None:
        return {}
    from skipgramophone.settings_file import read_settings

    return read_settings(config, stage, kind)


def overridden(context: typer.Context, config: Path | None, stage: str, given: Settings) -> Settings:
    """Settings of a file, if there is one, but for what was said on the command line."""
    taken = _read(config, stage, type(given))
    return replace(given, **{name: taken[name] for name in taken.keys() - said(context, given)})


Experiment = Annotated[
    str,
    typer.Argument(
        metavar="EXPERIMENT",
        help="Name of the experiment.",
        show_default=False,
        autocompletion=completion.experiments,
    ),
]
ExperimentsDir = Annotated[
    Path | None,
    typer.Option(
        "--experiments-dir",
        envvar=ROOT_VARIABLE,
        metavar="DIR",
        help=f"Where experiments lie (else ./{DEFAULT_ROOT}).",
        show_default=False,
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing but answers and errors.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings file (TOML); options override it.", show_default=False),
]
Csv = Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")]
AnswerFormat = Annotated[
    str | None, typer.Option("--format", metavar="NAME", help=f"{', '.join(ANSWER_FORMATS)}.", show_default=False)
]
Stdin = Annotated[bool, typer.Option("--stdin", help="Read a query a line; answer with a line of JSON each.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]

Sources = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="SOURCE", help="Files, directories and archives to read; -: standard input.", show_default=False
    ),
]
CsvPath = Annotated[
    Path | None,
    typer.Option("--csv-path", metavar="FILE", help="The same as SOURCE.", show_default=False),
]
Sample = Annotated[bool, typer.Option("--sample", help="Read the built-in sample instead of a file.")]
NumRows = Annotated[int, typer.Option("-nr", "--num-rows", metavar="N", help="Rows of each file to read; -1: all.")]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="FORMAT", help=f"What the sources are: {', '.join(FORMATS)}.", show_default=False),
]

Window = Annotated[
    str,
    typer.Option(
        "-wsz",
        "--window-size",
        metavar="N|bag|auto",
        help="Farthest context on each side; 'bag': the whole playlist; 'auto': which of the two, by the corpus.",
    ),
]
EmbeddingDim = Annotated[int, typer.Option("-emb", "--embedding-dim", metavar="N", help="Numbers a vector.")]
Epochs = Annotated[int, typer.Option("-e", "--epochs", metavar="N", help="Passes over the corpus.")]
LearningRate = Annotated[
    float | None,
    typer.Option(
        "-lr", "--learning-rate", metavar="X", help="First step size of row-wise Adagrad (else by the corpus)."
    ),
]
RandomSeed = Annotated[
    int, typer.Option("-rs", "--random-seed", metavar="N", help="The same seed gives the same vectors.")
]
Negatives = Annotated[int, typer.Option("--negatives", metavar="N", help="Noise tracks a pair.")]
NoiseExponent = Annotated[
    float, typer.Option("--noise-exponent", metavar="X", help="Noise is drawn by count to this power.")
]
Subsample = Annotated[
    float, typer.Option("--subsample", metavar="X", help="Thin out tracks more frequent than this share; 0: none.")
]
MinCount = Annotated[int, typer.Option("--min-count", metavar="N", help="Tracks that occur less get no vector.")]
Group = Annotated[
    str | None,
    typer.Option("--group", metavar="REGEX", help="Playlists stay together if this finds the same in their owner."),
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", metavar="N", help="Cores to use (all of them; the result is the same).",
                 show_default=False),
]  # fmt: skip
DeviceName = Annotated[str, typer.Option("--device", metavar="NAME", help=f"What to train on: {', '.join(DEVICES)}.")]
Trees = Annotated[int, typer.Option("--trees", metavar="N", help="More: a larger file, a faster search.")]
Recall = Annotated[
    float, typer.Option("--recall", metavar="X", help="Share of the true ten nearest that a look-up must find.")
]
Shards = Annotated[
    int | None,
    typer.Option(
        "--shards", metavar="N", help="Files of the index, built one at a time; by the catalogue, if not said.",
        show_default=False,
    ),
]  # fmt: skip
Number = Annotated[int, typer.Option("-n", "--number", metavar="N", help="How many tracks to show.")]
PlaylistFile = Annotated[
    Path | None,
    typer.Option(
        "--file", metavar="FILE", help="All tracks of a playlist file: any format of extract, or a name a line."
    ),
]
Artist = Annotated[str | None, typer.Option("--artist", metavar="NAME", help="All tracks of an artist.")]
Compare = Annotated[
    str | None,
    typer.Option(
        "--compare",
        metavar="OTHER",
        help="Beside the answer of another experiment.",
        autocompletion=completion.experiments,
    ),
]
By = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="SCORE",
        help="cosine: what keeps the same company; cosine+count: of two as near the better known; model: what is "
        "likely to stand in a playlist with it; hybrid: what continues a playlist, by counts and cosine.",
    ),
]
ExcludeArtist = Annotated[
    list[str] | None, typer.Option("--exclude-artist", metavar="NAME", help="Leave an artist out.")
]
MaxPerArtist = Annotated[
    int | None,
    typer.Option("--max-per-artist", metavar="N", min=0, help="At most so many tracks of an artist; 0: any number."),
]
FoldVersions = Annotated[
    bool,
    typer.Option(
        "--fold-versions/--all-versions", help="Count live, remastered and edited versions of a song as one, or each."
    ),
]
ShowVersions = Annotated[
    bool,
    typer.Option("--show-versions", help="List the versions that were folded, below the one that stands for them."),
]
CountedLess = Annotated[int, typer.Option("--min-count", metavar="N", help="Leave out tracks that occur less.")]
Popularity = Annotated[
    float, typer.Option("--popularity", metavar="X", help="From -1, rather rare, to 1, rather frequent.")
]
Diversity = Annotated[
    float, typer.Option("--diversity", metavar="X", help="From 0 to 1: unlike what stands above in the list.")
]
Exact = Annotated[bool, typer.Option("--exact", help="Compare every track; do not ask the index.")]

"""Arguments and options that several commands share, and options that are generated from a settings class.

A command declares a keyword argument whose type is a settings class. `with_settings` replaces this argument by one
option per setting, with the name, help, default and bounds that the class declares:

    @with_settings
    def train(experiment: Experiment, *, settings: TrainSettings, force: Force = False) -> None: ...
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from dataclasses import Field, dataclass, fields, is_dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import typer

from skipgramophone.cli import completion
from skipgramophone.errors import SettingError
from skipgramophone.settings import (
    ANSWER_FORMATS,
    DEFAULT_ROOT,
    ROOT_VARIABLE,
    ExtractSettings,
    IndexSettings,
    TrainSettings,
)
from skipgramophone.settings.setting import Setting, alternatives, option_of, setting_of

Settings = TypeVar("Settings", ExtractSettings, TrainSettings, IndexSettings)


@dataclass(frozen=True, slots=True)
class Selection:
    """Selects which settings of a settings class become options: the named settings, or all except these.

    Attributes:
        names: names of settings.
        named: True selects the settings in `names`; False selects all settings that are not in `names`.
    """

    names: tuple[str, ...]
    named: bool


def only(*names: str) -> Selection:
    """Select only the named settings."""
    return Selection(names, named=True)


def without(*names: str) -> Selection:
    """Select all settings except the named ones."""
    return Selection(names, named=False)


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Replace each argument whose type is a settings class by one option per setting."""
    hints = get_type_hints(command, include_extras=True)
    parameters: list[inspect.Parameter] = []
    classes: dict[str, tuple[type[Any], list[Field[Any]]]] = {}
    for parameter in inspect.signature(command).parameters.values():
        hint = hints[parameter.name]
        settings = _settings_class(hint)
        if settings is None:
            parameters.append(parameter.replace(annotation=hint))
            continue
        chosen = [declared for declared in fields(settings) if _is_option(declared, get_args(hint)[1:])]
        classes[parameter.name] = settings, chosen
        parameters += [_option(declared) for declared in chosen]

    @wraps(command)
    def run(**given: Any) -> None:
        for argument, (settings, chosen) in classes.items():
            values = {declared.name: _value(declared, given.pop(declared.name)) for declared in chosen}
            given[argument] = settings(**values)
        command(**given)

    keyword_only = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    run.__signature__ = inspect.Signature(keyword_only)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters} | {"return": None}
    return run


def given_settings(context: typer.Context, settings: Any, config: Path | None = None, stage: str = "") -> set[str]:
    """Return the names of the settings that were given on the command line or in the settings file `config`."""
    sources = {declared.name: context.get_parameter_source(declared.name) for declared in fields(settings)}
    given = {name for name, source in sources.items() if source is not None and source.name != "DEFAULT"}
    return given | _read_config(config, stage, type(settings)).keys()


def with_config(context: typer.Context, config: Path | None, stage: str, settings: Settings) -> Settings:
    """Take settings that are not given on the command line from the settings file `config`; return all settings."""
    read = _read_config(config, stage, type(settings))
    try:
        return replace(settings, **{name: read[name] for name in read.keys() - given_settings(context, settings)})
    except SettingError as error:
        # A settings file writes the names of settings with underscores, as in Python.
        raise SettingError(f"{config}: {error}") from error


def _read_config(config: Path | None, stage: str, kind: type[Any]) -> dict[str, Any]:
    """Return what a settings file sets for a stage, such as "train": setting -> value; without a file, return {}."""
    if config is None:
        return {}
    from skipgramophone.settings_file import read_settings

    return read_settings(config, stage, kind)


def _settings_class(hint: Any) -> type[Any] | None:
    """Return the settings class of a type hint, or None if it is another type."""
    kind = get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    return kind if isinstance(kind, type) and is_dataclass(kind) else None


def _is_option(declared: Field[Any], selections: Collection[Selection]) -> bool:
    """Return whether a field is a setting that all selections include, so that it becomes an option."""
    if setting_of(declared) is None:
        return False
    return all((declared.name in selection.names) == selection.named for selection in selections)


def _option(declared: Field[Any]) -> inspect.Parameter:
    """Return the parameter from which Typer makes the option of a setting."""
    known = setting_of(declared)
    assert known is not None
    flags = known.flags or (f"--{declared.name.replace('_', '-')}",)
    shown = known.default_text or declared.default
    words = [kind for kind in alternatives(declared.type) if isinstance(kind, str)]
    option = typer.Option(
        *flags,
        metavar=known.metavar,
        help=known.help,
        show_default=shown is not None,
        autocompletion=completion.words(words) if words else None,
    )
    return inspect.Parameter(
        declared.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=shown,
        annotation=Annotated[_typed(declared, known), option],
    )


def _typed(declared: Field[Any], known: Setting) -> Any:
    """Return the type to which Typer converts the text that the user gives for an option."""
    kinds = alternatives(declared.type)
    if Path in kinds:
        return Path | None
    if known.parse or any(isinstance(kind, str) for kind in kinds):
        return str if declared.default is not None else str | None
    if any(getattr(kind, "__origin__", None) is Sequence for kind in kinds):
        return list[str] | None
    return Path | None if Path in kinds else declared.type


def _value(declared: Field[Any], given: Any) -> Any:
    """Convert what Typer returns for an option to the value of the setting."""
    known = setting_of(declared)
    if known and known.parse and isinstance(given, str):
        try:
            return known.parse(given)
        except SettingError as error:
            problem, option = error.on_command_line, option_of(declared)
            raise SettingError(problem if option in problem else f"{option}: {problem}") from error
    return None if given == [] else given


Experiment = Annotated[
    str,
    typer.Argument(
        metavar="EXPERIMENT", help="Name of the experiment.", show_default=False, autocompletion=completion.experiments
    ),
]
StrictNames = Annotated[
    bool,
    typer.Option(
        "--strict-names",
        help="End with an error if a name matches several tracks, even if one of them is much more frequent, or all "
        "have the same name. Also end with an error if a name is only a part of the name of an artist or album.",
    ),
]
ExperimentsDir = Annotated[
    Path | None,
    typer.Option(
        "--experiments-dir",
        envvar=ROOT_VARIABLE,
        metavar="DIR",
        help=f"Experiments directory (default: ./{DEFAULT_ROOT}).",
        show_default=False,
    ),
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="Print no notes, progress or reports: only answers and errors.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a result or a file that already exists.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings file (TOML); options on the command line take precedence.",
        show_default=False,
    ),
]
Sources = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="SOURCE", help="Files, directories or archives to read (- = standard input).", show_default=False
    ),
]
CsvPath = Annotated[
    Path | None,
    typer.Option(
        "--csv-path", metavar="FILE", help="File to read; this is another way to give SOURCE.", show_default=False
    ),
]
Sample = Annotated[bool, typer.Option("--sample", help="Read the built-in sample instead of a file.")]
AnswerFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help=f"Output format: {', '.join(ANSWER_FORMATS)}.",
        show_default=False,
        autocompletion=completion.words(ANSWER_FORMATS),
    ),
]
Stdin = Annotated[
    bool,
    typer.Option(
        "--stdin",
        help="Read one query per line of standard input; write one JSON object per query, or one table with --format "
        "csv or tsv.",
    ),
]
PlaylistFile = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="FILE",
        help="Use all tracks of a playlist file (any format that sgp extract reads, or one name per line).",
    ),
]
Artist = Annotated[
    str | None,
    typer.Option(
        "--artist",
        metavar="NAME",
        help="Use all tracks of an artist as query tracks. Frequent tracks have more weight.",
    ),
]
Artists = Annotated[
    list[str] | None,
    typer.Option(
        "--artist",
        metavar="NAME",
        help="Use all tracks of an artist as query tracks. Frequent tracks have more weight. Can be repeated.",
    ),
]
Albums = Annotated[
    list[str] | None,
    typer.Option(
        "--album",
        metavar="NAME",
        help="Use all tracks of an album as query tracks. Give ALBUM or 'ARTIST - ALBUM'. Can be repeated.",
    ),
]
Compare = Annotated[
    str | None,
    typer.Option(
        "--compare",
        metavar="OTHER",
        help="Look up the same tracks in the experiment OTHER too, and show both lists side by side.",
        autocompletion=completion.experiments,
    ),
]
SafeCells = Annotated[
    bool,
    typer.Option("--safe-cells", help="Escape cells that a spreadsheet would read as formulas (csv and tsv only)."),
]
ShowVersions = Annotated[
    bool, typer.Option("--show-versions", help="With --fold-versions: list the other versions of each song below it.")
]

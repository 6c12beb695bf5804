"""Commands that messages suggest: how to make a stage again, and how to continue after a corpus has grown.

The commands repeat the settings with which the stage was made, so that a copy of the command does not silently use the
defaults instead.
"""

from __future__ import annotations

from dataclasses import fields

from skipgramophone.errors import SettingError
from skipgramophone.experiment.imported import IMPORTED
from skipgramophone.experiment.manifest import COMMAND, ORDER, Manifest
from skipgramophone.settings import IndexSettings, TrainSettings
from skipgramophone.settings.setting import given_options
from skipgramophone.wording import shell_command

# stage -> the settings that a command can repeat
SETTINGS: dict[str, type[TrainSettings] | type[IndexSettings]] = {"model": TrainSettings, "index": IndexSettings}


def remake_command(name: str, manifest: Manifest) -> str:
    """Return the command that makes a stage of an experiment again, with the same settings.

    Imported vectors are imported again, because training would replace them by other vectors. The settings of a corpus
    are not repeated, because the message cannot name the sources to which they belong.
    """
    if manifest.stage == "model" and IMPORTED in manifest.facts:
        return shell_command("import", name, "FILE", "--force")
    force = [] if manifest.stage == "index" else ["--force"]  # an index may always be replaced
    return shell_command(COMMAND[manifest.stage], name, *force, *repeated_options(manifest))


def continue_command(name: str, model: Manifest) -> str:
    """Return a hint with the command that trains vectors for the tracks that were added to a corpus."""
    if IMPORTED in model.facts:
        return f"to use vectors that contain the new tracks, run {remake_command(name, model)}"
    words = ["train", name, "--force", "--from", name, *repeated_options(model)]
    return f"to train again, starting from the current vectors, run {shell_command(*words)}"


def repeated_options(manifest: Manifest) -> list[str]:
    """Return the settings of a model or an index that differ from the defaults, as command-line arguments.

    A context that `-wsz auto` has chosen is not among them, because it is chosen again. If the manifest contains
    settings that this version does not accept, the result is empty.
    """
    kind = SETTINGS.get(manifest.stage)
    if kind is None or IMPORTED in manifest.facts:
        return []
    known = {declared.name for declared in fields(kind)}
    settings = {name: value for name, value in manifest.settings.items() if name in known}
    if manifest.facts.get(ORDER):
        settings.pop("window_size", None)
    try:
        return given_options(kind(**settings))
    except SettingError:
        return []

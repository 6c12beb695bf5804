"""Commands that messages suggest: how to make a stage again, and how to continue after a corpus has grown."""

from __future__ import annotations

from skipgramophone.experiment.imported import IMPORTED
from skipgramophone.experiment.manifest import COMMAND, Manifest
from skipgramophone.wording import shell_command, shell_word


def remake_command(name: str, manifest: Manifest) -> str:
    """Return the command that makes a stage of an experiment again.

    Imported vectors are imported again, because training would replace them by other vectors.
    """
    if manifest.stage == "model" and IMPORTED in manifest.facts:
        return shell_command("import", name, "FILE", "--force")
    return shell_command(COMMAND[manifest.stage], name, "--force")


def continue_command(name: str, model: Manifest) -> str:
    """Return a hint with the command that trains vectors for the tracks that were added to a corpus."""
    if IMPORTED in model.facts:
        return f"to use vectors that contain the new tracks, run {remake_command(name, model)}"
    command = f"{shell_command('train', name, '--force')} --from {shell_word(name)}"
    return f"to train again, starting from the current vectors, run {command}"

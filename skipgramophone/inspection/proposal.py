"""The command that applies the advice of an inspection, ready to copy and paste."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from skipgramophone.inspection.findings import Finding, Kind
from skipgramophone.wording import shell_command


@dataclass(frozen=True, slots=True)
class Proposal:
    """The command that applies the advice of the findings.

    Attributes:
        line: the command line for a POSIX shell; None if no advice can be applied.
        applied: kinds of the findings whose advice the line applies.
        left: kinds of the other findings, whose advice the line does not apply.
    """

    line: str | None
    applied: tuple[Kind, ...]
    left: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """The experiment or sources for a proposed command.

    Attributes:
        name: name of the experiment. If `sources` are given, the experiment does not exist yet.
        sources: the arguments that name the sources. They are empty for an experiment, because its sources are not read
            again.
        options: options with which the sources were read.
        directory: options for the experiments directory.
        trained: whether the experiment has a model, which a new training run replaces.
        imported: whether the vectors of this model were imported; the command must then not train new vectors.
        holds_out: whether `sgp extract` held out playlists, which `sgp evaluate` then uses.
        group: the value of --group with which `sgp extract` held out these playlists, or None.
    """

    name: str
    sources: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    directory: tuple[str, ...] = ()
    trained: bool = False
    imported: bool = False
    holds_out: bool = False
    group: str | None = None


def propose(findings: Sequence[Finding], target: Target) -> Proposal:
    """Return the command that applies the advice of the findings to a target."""
    possible = {"evaluate"} if target.imported else {"train", "evaluate"}
    possible |= {"extract"} if target.sources else set()
    applied = [finding for finding in findings if finding.apply and finding.apply.keys() <= possible]
    words: dict[str, list[str]] = {}
    for finding in applied:
        for command, options in finding.apply.items():
            given = words.setdefault(command, [])
            if options and options[0] not in given:
                given += options
    left = tuple(finding.kind for finding in findings if finding not in applied)
    if not applied:
        return Proposal(None, (), left)
    target = replace(target, options=_without(target.options, words.get("extract", [])))
    return Proposal(" && ".join(_commands(words, target)), tuple(finding.kind for finding in applied), left)


def _commands(words: dict[str, list[str]], target: Target) -> list[str]:
    """Return the proposed command lines, in the order in which they must be run.

    `sgp extract` is one of them if the target has sources. `sgp train` and `sgp evaluate` are among them if the advice
    of a finding needs these commands.
    """
    commands = []
    if target.sources:
        commands.append(["extract", target.name, *target.sources, *target.options, *words.get("extract", [])])
    if "train" in words or ("evaluate" in words and not target.trained):
        replacing = ["--force"] if target.trained else []
        commands.append(["train", target.name, *words.get("train", []), *replacing])
    if "evaluate" in words:
        commands.append(["evaluate", target.name, *words["evaluate"]])
    return [shell_command(*command, *target.directory) for command in commands]


def _without(options: Sequence[str], replaced: Sequence[str]) -> tuple[str, ...]:
    """Return the options without those in `replaced`, to which the advice gives other values."""
    kept, skipped = [], False
    for word in options:
        skipped = (word.startswith("--") and word in replaced) or (skipped and not word.startswith("--"))
        kept += [] if skipped else [word]
    return tuple(kept)

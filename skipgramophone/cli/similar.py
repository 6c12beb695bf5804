"""`sgp similar`: the tracks that belong with one."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skipgramophone.cli import answers, completion, options
from skipgramophone.errors import SettingError
from skipgramophone.settings import SimilarSettings

if TYPE_CHECKING:
    from skipgramophone.lookup.results import Answer

STDIN = "-"
WEIGHTED = re.compile(r"(.+)\^(\d*\.?\d+)", re.DOTALL)


def similar(
    experiment: options.Experiment,
    track: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TRACK",
            help="'artist - title', a title, a uri or a part of a name; -: as --stdin.",
            autocompletion=completion.tracks,
        ),
    ] = None,
    number: options.Number = options.SIMILAR.number,
    like: Annotated[
        list[str] | None,
        typer.Option(
            "--like", metavar="TRACK[^X]", autocompletion=completion.tracks, help="Towards this too, with weight X (1)."
        ),
    ] = None,
    unlike: Annotated[
        list[str] | None,
        typer.Option(
            "--unlike", metavar="TRACK[^X]", autocompletion=completion.tracks, help="Away from this, with weight X (1)."
        ),
    ] = None,
    file: options.PlaylistFile = None,
    artist: options.Artist = None,
    by: options.By = options.SIMILAR.by,
    exclude_artist: options.ExcludeArtist = None,
    max_per_artist: options.MaxPerArtist = options.SIMILAR.max_per_artist,
    fold_versions: options.FoldVersions = options.SIMILAR.fold_versions,
    show_versions: options.ShowVersions = False,
    min_count: options.CountedLess = options.SIMILAR.min_count,
    popularity: options.Popularity = options.SIMILAR.popularity,
    diversity: options.Diversity = options.SIMILAR.diversity,
    exact: options.Exact = options.SIMILAR.exact,
    compare: options.Compare = None,
    stdin: options.Stdin = False,
    format: options.AnswerFormat = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    experiments_dir: options.ExperimentsDir = None,
) -> None:
    """Show the tracks most similar to TRACK, or to several, in EXPERIMENT.

    Similarity is the cosine of the tracks' vectors, 1 at most. Exit code 3: no such track; 4: several. On a terminal
    and without a TRACK it opens a prompt that completes names while they are typed.

    \b
    sgp similar demo "free fallin'"
    sgp similar demo "free fallin'" --like "learning to fly^0.5" --max-per-artist 2
    sgp similar demo --artist "tom petty" --fold-versions
    sgp similar demo "free fallin'" --compare other
    sgp similar demo - --format jsonl < names.txt
    """
    settings = SimilarSettings(
        number=number,
        by=options.score(by),
        exclude_artist=exclude_artist,
        max_per_artist=max_per_artist or None,
        fold_versions=fold_versions,
        min_count=min_count,
        popularity=popularity,
        diversity=diversity,
        exact=exact,
    )
    wanted = answers.chosen(format, json, settings, show_versions)
    weighted = [_weighted(text, 1) for text in like or ()] + [_weighted(text, -1) for text in unlike or ()]
    if stdin or track == [STDIN]:
        if track not in (None, [], [STDIN]) or file or artist:
            raise SettingError("give a TRACK, a FILE or an ARTIST, or --stdin, not both")
        if compare is not None:
            raise SettingError("--compare answers one question: leave out --stdin")
        answers.require_lines(format)
        _answer_lines(experiment, weighted, settings, experiments_dir)
    elif track or like or file or artist:
        from skipgramophone.lookup import lookup

        def answer(name: str) -> Answer:
            """What an experiment answers."""
            with lookup.open_lookup(name, experiments_dir) as opened:
                asked = opened.asked([(text, 1.0) for text in track or ()] + weighted, file=file, artist=artist)
                return opened.similar_to(asked.seeds, settings, asked.notes)

        if compare is None:
            answers.show(answer(experiment), wanted, quiet, show_versions)
        else:
            from skipgramophone.cli import compare_table as comparing  # here, because other answers start without it

            comparing.require_format(wanted)
            comparing.show((experiment, compare), (answer(experiment), answer(compare)), wanted, quiet)
    elif weighted or wanted != "table" or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SettingError("give a TRACK to look up, as in: sgp similar EXPERIMENT 'artist - title'")
    else:
        _converse(experiment, settings, quiet, show_versions, experiments_dir)


def first_look(experiment: str, settings: SimilarSettings, experiments_dir: Path | None) -> Answer:
    """Look up the most frequent track."""
    from skipgramophone.lookup import lookup
    from skipgramophone.lookup.results import Seed

    with lookup.open_lookup(experiment, experiments_dir) as opened:
        return opened.similar_to([Seed(opened.catalogue.track(opened.catalogue.by_count(1)[0]))], settings)


def _weighted(text: str, sign: int) -> tuple[str, float]:
    """Read NAME or NAME^WEIGHT."""
    written = WEIGHTED.fullmatch(text)
    return (written[1], sign * float(written[2])) if written else (text, float(sign))


def _answer_lines(
    experiment: str, weighted: list[tuple[str, float]], settings: SimilarSettings, experiments_dir: Path | None
) -> None:
    """Answer each line of stdin as it comes: a name."""
    from skipgramophone.lookup import lookup

    with lookup.open_lookup(experiment, experiments_dir) as opened:
        answers.answer_lines(
            str, lambda names: opened.similar_many([[(name, 1.0), *weighted] for name in names], settings)
        )


def _converse(
    experiment: str, settings: SimilarSettings, quiet: bool, show_versions: bool, experiments_dir: Path | None
) -> None:
    """Ask for tracks at a prompt, where there is somebody to ask."""
    from skipgramophone.cli import prompt  # here, because answers start without it
    from skipgramophone.lookup import lookup

    with lookup.open_lookup(experiment, experiments_dir) as opened:
        prompt.converse(opened, settings, quiet, show_versions)

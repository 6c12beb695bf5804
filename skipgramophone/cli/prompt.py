"""The prompt of `sgp similar` on a terminal, which completes names as you type."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from skipgramophone.cli import answers, mixed_answers, render
from skipgramophone.cli.confirmation import QUIT_WORDS
from skipgramophone.cli.listed_names import listed_names
from skipgramophone.cli.prompt_history import SavedHistory, history_file
from skipgramophone.cli.prompt_session import (
    BACK,
    HELP,
    LIKE,
    MORE,
    NAME,
    UNLIKE,
    PromptState,
    artist_line,
)
from skipgramophone.cli.prompt_syntax import GROUP
from skipgramophone.errors import SgpError, TrackNameError
from skipgramophone.experiment.catalogue import Catalogue, Track
from skipgramophone.experiment.name_search import NameSearch
from skipgramophone.lookup.results import Answer
from skipgramophone.names.normalization import fold_name
from skipgramophone.wording import COMMAND_LINE, span, visible

if TYPE_CHECKING:
    from skipgramophone.lookup.lookup import Lookup
    from skipgramophone.settings import SimilarSettings

SHOWN_COMPLETIONS = 8
SECONDS = 0.1  # time limit of a completion
HELP_WORDS = ("?", "help")
WELCOME = "type the name of a track, or {}; ? for help, q to quit"


class TrackCompleter(Completer):
    """Completes track names, most frequent first."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._names = NameSearch(catalogue)

    def get_completions(self, document: Document, _event: CompleteEvent) -> Iterator[Completion]:
        """Yield track names that contain the typed text. For a name with control characters, yield the uri instead."""
        typed = document.text_before_cursor.lstrip()
        sign = typed[:1] if typed[:1] in (LIKE, UNLIKE, NAME) else ""
        typed = typed.removeprefix(sign).lstrip()
        if typed in ("", BACK, MORE, HELP_WORDS[0]) or typed.isdecimal():
            return
        if sign != NAME and (group := GROUP.fullmatch(typed)):
            if group[1].lower() == "artist":
                yield from self._artists(group[2])
            return
        for track in self._names.completions(typed, SHOWN_COMPLETIONS, SECONDS):
            shown = visible(track.name)
            text = track.name if shown == track.name else track.uri
            if text is not None and visible(text) == text:
                yield Completion(text, -len(typed), display=shown, display_meta=f"{track.count:,}×")

    def _artists(self, typed: str) -> Iterator[Completion]:
        """Yield artists whose name contains each typed word; the artist of the most frequent track comes first."""
        words, found = fold_name(typed).split(), set[str]()

        def is_new(track: Track) -> bool:
            """Return whether the artist's name contains each typed word, and no earlier track has the same artist."""
            folded = fold_name(track.artist)
            is_known = folded in found
            found.add(folded)
            return not is_known and all(word in folded for word in words)

        for track in self._names.completions(typed, SHOWN_COMPLETIONS, SECONDS, is_new):
            if visible(track.artist) == track.artist:
                yield Completion(track.artist, -len(typed))


def run(lookup: Lookup, settings: SimilarSettings, quiet: bool, show_versions: bool) -> None:
    """Read and answer lines until the input ends."""
    session = PromptState(lookup, settings)
    welcome = WELCOME.format(artist_line("NAME")(COMMAND_LINE) if settings.of == "tracks" else "an artist")
    # Completion has its own thread and database connection, so that its time limit does not interrupt an answer.
    with closing(lookup.opened.open_catalogue()) as catalogue:
        reader: PromptSession[str] = PromptSession(
            f"{lookup.experiment.name}> ",
            completer=TrackCompleter(catalogue),
            history=SavedHistory(history_file()),
            complete_in_thread=True,
            placeholder=[("fg:ansibrightblack", welcome)],
        )
        while True:
            try:
                line = reader.prompt().strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if line in QUIT_WORDS:
                return
            if line in HELP_WORDS:
                for text in HELP.splitlines():
                    render.text(text)
            elif line:
                _answer(session, line, quiet, show_versions)


def _answer(session: PromptState, line: str, quiet: bool, show_versions: bool) -> None:
    """Print the answer to a line that the user has typed, or an error."""
    try:
        answer = session.answer(line)
        if isinstance(answer, Answer):
            answers.show(answer, "table", quiet, show_versions)
        else:
            mixed_answers.show(answer, "table", quiet)
        if ranks := session.next_ranks(answer):
            shown = span(answer.neighbours[0].rank, answer.neighbours[-1].rank)
            render.note(f"{shown}; type {MORE} for {ranks}", quiet)
    except TrackNameError as error:
        render.error(SgpError(error.summary_on_command_line))
        for number, text in enumerate(listed_names(session.listed if error.candidates else ()), 1):
            render.entry(number, text, sys.stdout)
        if error.candidates:
            sign = line[0] if line[0] in (LIKE, UNLIKE) else ""
            render.note(f"to choose one, type its number: {sign}1 to {sign}{len(session.listed)}", quiet)
        if error.advice_on_command_line:
            render.note(error.advice_on_command_line, quiet)
    except SgpError as error:
        render.error(error)

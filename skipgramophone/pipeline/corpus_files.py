"""Writes the files of the corpus stage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skipgramophone.experiment.catalogue_writer import write_catalogue
from skipgramophone.experiment.corpus import HELD_OUT_PREFIX, REJECTS
from skipgramophone.experiment.identifiers import write_identifiers
from skipgramophone.experiment.json_files import write_lines
from skipgramophone.experiment.playlist_table import write_playlist_table
from skipgramophone.parallel import background_thread
from skipgramophone.pipeline.append import Before
from skipgramophone.pipeline.reports import Reading, Writing
from skipgramophone.playlists.encoding.encoded_playlists import EncodedPlaylists

Progress = Callable[[Reading | Writing], None]


def write_corpus(directory: Path, encoded: EncodedPlaylists, before: Before | None, progress: Progress | None) -> None:
    """Write the files of the corpus stage into a directory."""
    tracks = encoded.tracks.num_rows
    with background_thread() as thread:
        numbers = thread.submit(_write_playlists, directory, encoded)
        written = (lambda some: progress(Writing(some, tracks))) if progress else None
        write_catalogue(
            directory,
            encoded.tracks,
            encoded.spellings,
            encoded.uris,
            in_order=before is None,
            progress=written,
        )
        numbers.result()
    write_identifiers(directory, encoded.identifiers.table)
    write_lines(
        directory / REJECTS,
        [reject.as_dict() for reject in encoded.rejects],
        before.directory / REJECTS if before else None,
    )


def _write_playlists(directory: Path, encoded: EncodedPlaylists) -> None:
    """Write the playlists as track ids, their names, and the postings of the tracks."""
    encoded.corpus.write(directory)
    write_playlist_table(directory, encoded.playlists)
    if encoded.held_out:
        playlists, aside = encoded.held_out
        aside.write(directory, HELD_OUT_PREFIX)
        write_playlist_table(directory, playlists, HELD_OUT_PREFIX)
    encoded.postings.write(directory)

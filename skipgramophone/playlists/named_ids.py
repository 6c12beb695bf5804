"""The record of a table of names in reports and manifests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NamedIds:
    """A table of names, and how many ids of the sources it names.

    Attributes:
        file: name of the file, without directories.
        format: name of its format.
        bytes: its size.
        sha256: its hash.
        columns: its columns, as the value of `--names-columns`.
        unused: if the columns were guessed from the header, the names of the other columns; otherwise None.
        rejected: number of rows of the table that were not used, such as rows without an id or a name, by reason.
        ids: number of distinct ids in the table.
        named: number of ids of the sources that the table names.
        unnamed: number of ids of the sources that the table does not name; these tracks are named by their ids.
        unnamed_examples: the first of these ids.
        several: number of ids in the table with several names; the first name is used.
        several_examples: some of these ids, each with two of its names.
    """

    file: str
    format: str
    bytes: int
    sha256: str
    columns: str
    unused: tuple[str, ...] | None
    rejected: dict[str, int]
    ids: int
    named: int
    unnamed: int
    unnamed_examples: tuple[str, ...]
    several: int
    several_examples: tuple[tuple[str, str, str], ...]

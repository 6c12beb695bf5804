"""Give tracks the names that a table has for their ids."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.errors import SourceError
from skipgramophone.experiment.arrow_types import TEXT
from skipgramophone.playlists.name_table import NameTable
from skipgramophone.playlists.readers.rows import ALBUM, RowBlock, dictionary_of


class TrackNamer:
    """Gives names to rows that have only an id, block by block, and counts the ids with and without a name.

    A row has only an id if it has no artist, and its title is its uri. All other rows stay as they are.

    Attributes:
        table: the names.
        unnamed: the ids of the sources that have no name, in order of first appearance.
    """

    def __init__(self, table: NameTable) -> None:
        self.table = table
        self.unnamed: dict[str, None] = {}
        self._found = np.zeros(len(table.ids), np.bool_)

    @property
    def named(self) -> int:
        """Number of different ids of the sources that have a name."""
        return int(np.count_nonzero(self._found))

    def with_names(self, block: RowBlock) -> RowBlock:
        """Return the block with the names of its tracks."""
        ids, titles, artists = (block.table[name].combine_chunks() for name in ("uri", "title", "artist"))
        alone = pc.and_(pc.equal(ids.cast(TEXT), titles.cast(TEXT)), pc.equal(artists.cast(TEXT), ""))
        rows = np.flatnonzero(pc.fill_null(alone, False).to_numpy(zero_copy_only=False))
        if not len(rows):
            return block
        coded = ids.take(pa.array(rows)).cast(TEXT).dictionary_encode()
        texts = [text.strip() for text in coded.dictionary.to_pylist()]
        known = np.array([self.table.row_of.get(text, -1) for text in texts])
        self._found[known[known >= 0]] = True
        self.unnamed |= {text: None for text, row in zip(texts, known.tolist(), strict=True) if row < 0}
        place = np.full(block.used, -1)
        place[rows] = known[coded.indices.to_numpy()]
        names = self.table.names.take(pa.array(place, mask=place < 0))
        columns = {name: block.table[name] for name in block.table.column_names}
        for name in ("artist", "title", ALBUM):
            own = columns[name].cast(TEXT) if name in columns else pa.nulls(block.used, TEXT)
            if name in columns or names[name].null_count < block.used:
                columns[name] = dictionary_of(pc.coalesce(names[name], own).combine_chunks(), block.used)
        return RowBlock(pa.table(columns), block.rejects, block.bytes_read, block.replaced, left_out=block.left_out)

    def require_names(self) -> None:
        """Verify that the table has names for the sources; call this after the last block.

        Raises:
            SourceError: no id of the sources is in the table, or the sources have no rows with only an id.
        """
        if self.named:
            return
        file = self.table.reader.file
        path = file.display_name if file else ""
        if not self.unnamed:
            raise SourceError.naming(
                lambda named: (
                    f"no row of the sources consists of an id alone, so {named('names')} has no effect: leave it out, "
                    f"or assign only the column of ids as the track, as in {named('columns', 'owner=…,track=…')}"
                )
            )
        here, there = next(iter(self.unnamed)), self.table.ids[0].as_py()
        raise SourceError.naming(
            lambda named: (
                f"none of the ids in the sources, such as {here!r}, is in {path}, which has ids such as {there!r}: "
                f"check the columns of ids ({named('columns')}, and {named('names_columns', self.table.columns)})"
            )
        )

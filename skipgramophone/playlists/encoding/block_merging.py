"""Merges the small blocks of rows of many small files into large ones.

Encoding a block has a fixed cost, however few rows it has. Without merging, reading a hundred thousand files of twenty
tracks would take a hundred times as long as reading a single file that contains the same rows. The encoder also has to
compare the distinct names of all blocks, and in a listening history, most blocks contain the same names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pyarrow as pa

from skipgramophone.playlists.readers.rows import BLOCK_RECORDS, DICTIONARY, RowBlock, dictionary_of

SMALL = BLOCK_RECORDS >> 1  # maximum number of rows of a small block; larger blocks are not merged
ENOUGH = 8 * BLOCK_RECORDS  # number of rows after which a merged block is passed on
# maximum number of blocks that are merged at once; it limits the memory for many blocks with few or no rows
MOST_BLOCKS = 1 << 12


class BlockMerger:
    """Collects small blocks, and passes them on as large ones; rows and rejected records keep their order."""

    def __init__(self, add: Callable[[RowBlock], None]) -> None:
        """Create a merger; `add` is called with each large block."""
        self._add = add
        self._waiting: list[RowBlock] = []
        self._rows = 0

    def add(self, block: RowBlock) -> None:
        """Add a block."""
        if block.used > SMALL:
            self.finish()
            self._add(block)
            return
        self._waiting.append(block)
        self._rows += block.used
        if self._rows >= ENOUGH or len(self._waiting) >= MOST_BLOCKS:
            self.finish()

    def finish(self) -> None:
        """Pass on the blocks that are still waiting; call this after the last block."""
        blocks, self._waiting, self._rows = self._waiting, [], 0
        if blocks:
            self._add(blocks[0] if len(blocks) == 1 else merge_blocks(blocks))


def merge_blocks(blocks: Sequence[RowBlock]) -> RowBlock:
    """Return one block with the rows and rejects of several blocks, which may be of different files.

    `bytes_read` and `replaced` are 0, because they count within a single file, and the merged block may contain rows of
    several files.
    """
    left_out: Counter[str] = Counter()
    for block in blocks:
        left_out.update(block.left_out)
    rejects = [reject for block in blocks for reject in block.rejects]
    tables = [block.table for block in blocks if block.used]
    return RowBlock(_merge_tables(tables or [blocks[0].table]), rejects, left_out=left_out)


def _merge_tables(tables: Sequence[pa.Table]) -> pa.Table:
    """Concatenate the rows of several tables.

    In the result, each column has a single dictionary. A column that a table lacks is null in the rows of this table.
    """
    encoded = [table if set(table.schema.types) == {DICTIONARY} else _encoded(table) for table in tables]
    return pa.concat_tables(encoded, promote_options="default").unify_dictionaries().combine_chunks()


def _encoded(table: pa.Table) -> pa.Table:
    """Return a table with dictionary-encoded columns."""
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    return pa.table({name: dictionary_of(column, table.num_rows).cast(DICTIONARY) for name, column in columns.items()})

"""Small blocks of many files are merged before they are encoded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import skipgramophone as package
from skipgramophone.playlists.encoding import block_merging
from skipgramophone.playlists.encoding.block_merging import BlockMerger, merge_blocks
from skipgramophone.playlists.encoding.encoder import PlaylistEncoder
from skipgramophone.playlists.readers.rows import COLUMNS, DICTIONARY, Reject, RowBlock
from skipgramophone.settings import ExtractSettings

TEXT = pa.large_string()
CELLS = st.lists(st.sampled_from(["a", "b", "ä", "", None]), max_size=4)


def block_of(values: list[str | None], is_encoded: bool, extra: bool, file: str) -> RowBlock:
    """Return a block that has the values in all columns, and one reject and one left-out row per value."""
    column = pa.array(values, TEXT)
    column = column.dictionary_encode() if is_encoded else column
    names = (*COLUMNS, *(["album"] if extra else []))
    rejects = [Reject(file, at, "bad", "x") for at in range(len(values))]
    return RowBlock(pa.table(dict.fromkeys(names, column)), rejects, 7, 1, {file[:1]: len(values)} if values else {})


@given(st.lists(st.tuples(CELLS, st.booleans(), st.booleans(), st.sampled_from(["p1", "p2", "q"])), min_size=1))
def test_merged_blocks_have_the_same_rows_rejects_and_counts(given: list[Any]) -> None:
    blocks = [block_of(*one) for one in given]
    merged = merge_blocks(blocks)
    rows = [row for block in blocks for row in block.table.to_pylist()]
    names = merged.table.column_names
    assert set(merged.table.schema.types) == {DICTIONARY}
    assert merged.table.to_pylist() == [{name: row.get(name) for name in names} for row in rows]
    assert merged.rejects == [reject for block in blocks for reject in block.rejects]
    counts: dict[str, int] = {}
    for values, *_, file in given:
        if values:
            counts[file[:1]] = counts.get(file[:1], 0) + len(values)
    assert list(merged.left_out.items()) == list(counts.items())


def test_large_blocks_are_passed_on_as_they_are_and_in_order() -> None:
    found: list[RowBlock] = []
    with patch.object(block_merging, "SMALL", 2), patch.object(block_merging, "ENOUGH", 5):
        merger = BlockMerger(found.append)
        blocks = [block_of([str(at)] * size, True, False, "f") for at, size in enumerate((1, 2, 3, 0, 2, 2, 1, 1))]
        for block in blocks:
            merger.add(block)
        merger.finish()
        merger.finish()
    assert [block.table["title"].to_pylist() for block in found] == [
        ["0", "1", "1"], ["2", "2", "2"], ["4", "4", "5", "5", "6"], ["7"]
    ]  # fmt: skip
    assert found[1] is blocks[2]


def write_files(directory: Path) -> None:
    """Write small files: playlists of players, tables of which some have rows without names, and an empty one."""
    directory.mkdir()
    for at in range(40):
        names = [f"Artist {(at + n) % 7} - Song {n}" for n in range(3)]
        lines = "".join(f"#EXTINF:{100 + at},{name}\n{name}.ogg\n" for name in names)
        (directory / f"a {at}.m3u8").write_text(f"#EXTM3U\n{lines}")
        rows = "".join(f"{name.replace(' - ', ',')}\n" for name in names)
        (directory / f"b {at}.csv").write_text("artist,title\n" + rows + (",\n" if at % 10 == 3 else ""))
    (directory / "c.csv").write_text("artist,title\n")


def files_of(corpus: Path) -> dict[str, bytes]:
    """Return the content of the files of a corpus, without its manifest."""
    return {path.name: path.read_bytes() for path in corpus.iterdir() if path.name != "manifest.json"}


@pytest.mark.parametrize("append", [False, True])
def test_many_small_files_are_encoded_together_and_give_the_same_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, append: bool
) -> None:
    write_files(tmp_path / "lists")
    (tmp_path / "old.csv").write_text("artist,title\nArtist 1,Song 1\nOther,One\n")
    settings = ExtractSettings(max_rejects=1.0)
    corpora, blocks = [], [0, 0]
    seen: list[Any] = []
    add = PlaylistEncoder.add

    def counted(self: PlaylistEncoder, block: RowBlock) -> None:
        blocks[-1] += 1
        add(self, block)

    monkeypatch.setattr(PlaylistEncoder, "add", counted)
    for name, small in (("single", -1), ("merged", block_merging.SMALL)):
        monkeypatch.setattr(block_merging, "SMALL", small)
        if append:
            package.extract(name, tmp_path / "old.csv", settings, experiments_dir=tmp_path)
        blocks.append(0)
        package.extract(
            name, tmp_path / "lists", settings, append=append, experiments_dir=tmp_path, progress=seen.append
        )
        corpora.append(files_of(tmp_path / name / "corpus"))
    assert corpora[0] == corpora[1]
    assert blocks[-2] >= 80
    assert blocks[-1] <= 2
    rejected = [json.loads(line) for line in corpora[1]["rejects.jsonl"].decode().splitlines()]
    assert [(one["file"], one["line"]) for one in rejected] == [(f"lists/b {at}.csv", 5) for at in (13, 23, 3, 33)]
    assert len({at.rows for at in seen if hasattr(at, "rows")}) >= 80  # progress is shown for each file

"""Layout of tables: only texts are shortened, and different texts remain different."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from skipgramophone.cli.render import listing
from skipgramophone.cli.table_layout import lay_out, shortened

TRACKS = [("rank", "number"), ("similarity", "number"), ("artist", "text"), ("title", "text"), ("count", "number")]
KINDS = ["text", "name", "number"]


def test_artist_and_title_share_the_room_that_numbers_leave() -> None:
    rows = [["10", "0.980", "The Unpaid Otters", "Corner, Landlord, Repeat, and a long rest of a title", "1,234"]]
    (whole,) = lay_out(TRACKS, rows, 120)
    assert [column.heading for column in whole.columns] == ["rank", "similarity", "artist", "title", "count"]
    assert whole.gap == 3
    (narrow,) = lay_out(TRACKS, rows, 60)
    assert [(column.heading, column.width) for column in narrow.columns] == [
        ("#", 2),
        ("sim.", 5),
        ("artist", 17),  # all of it
        ("title", 60 - 2 - 5 - 17 - 5 - 4 * 2),
        ("count", 5),
    ]
    assert narrow.columns[3].cells == ["Corner, Landlord, Repe…"]


def test_names_and_numbers_are_never_shortened_but_split_into_blocks() -> None:
    columns = [("experiment", "name"), *((f"a long heading {at}", "number") for at in range(5))]
    rows = [["a-rather-long-name", *"12345"], ["another-long-name", *"67890"]]
    blocks = lay_out(columns, rows, 60)
    assert len(blocks) > 1
    assert all(block.columns[0].cells == ["a-rather-long-name", "another-long-name"] for block in blocks)
    others = [column for block in blocks for column in block.columns[1:]]
    assert [column.heading for column in others] == [name for name, _ in columns[1:]]
    assert [column.cells for column in others] == [[one, other] for one, other in zip("12345", "67890", strict=True)]


def test_blocks_repeat_the_columns_that_tell_the_rows_apart() -> None:
    columns = [("experiment", "name"), ("score", "name"), ("a first metric", "number"), ("a second metric", "number")]
    rows = [["demo", "cosine", "1", "2"], ["demo", "hybrid", "3", "4"]]
    first, second = lay_out(columns, rows, 40)
    assert [column.heading for column in first.columns] == ["experiment", "score", "a first metric"]
    assert [column.heading for column in second.columns] == ["experiment", "score", "a second metric"]
    _, second = lay_out(columns, rows[:1], 40)
    assert [column.heading for column in second.columns] == ["experiment", "a second metric"]


@pytest.mark.parametrize(
    ("texts", "width", "short"),
    [
        (["Kettle - Acoustic", "Kettle - Live at Vardmere"], 10, ["Kett…Acou…", "Kett…Live…"]),
        (["the same beginning", "the same beginning (live)"], 12, ["the same be…", "the s…(live)"]),
        (["Every Pencil Knows (feat. Skellingsson)"], 20, ["Every Pen…(feat. Sk…"]),  # one version only
        (["Every Pencil Knows (feat. Zofie) - Remix"], 20, ["Every Pencil K…Remix"]),  # the version, not the guests
        (["e\u0301" * 9], 5, ["e\u0301" * 4 + "…"]),  # accents have no width
        (["\U0001f469\u200d\U0001f467 and more"], 2, ["…"]),  # a joined symbol is not cut
        (["Yes - Live at the Royal Albert Hall"], 20, ["Yes - Live at the R…"]),
        (
            ["Kettle Song - Live at Vardmere", "Kettle Song - Live at Vasby"],
            16,
            ["Kettle So…rdmere", "Kettle Song…sby"],
        ),
        (["abcdefghij", "abcdefghij"], 5, ["abcd…", "abcd…"]),  # the same text twice
        (["椎名林檎椎名林檎一", "椎名林檎椎名林檎二"], 9, ["椎名林…一", "椎名林…二"]),  # two columns a letter
        (["short", "sh"], 5, ["short", "sh"]),
    ],
)
def test_texts_that_differ_still_differ_when_they_are_short(texts: list[str], width: int, short: list[str]) -> None:
    found = shortened(texts, width)
    assert all(cell_len(text) <= width for text in found)
    assert [text.replace(" ", "") for text in found] == [text.replace(" ", "") for text in short]


def test_a_table_without_rows_is_only_its_title(capsys: pytest.CaptureFixture[str]) -> None:
    listing("no tracks", TRACKS, [])
    assert capsys.readouterr().out == "no tracks\n"


@given(st.lists(st.text("ab -é林", max_size=30), max_size=6), st.integers(1, 20))
def test_shortened_texts_fit(texts: list[str], width: int) -> None:
    for text, short in zip(texts, shortened(texts, width), strict=True):
        assert cell_len(short) <= width
        assert short == text or cell_len(text) > width


@given(
    st.lists(
        st.tuples(st.text("ab ", max_size=9), st.sampled_from(["text", "name", "number"])), min_size=2, max_size=7
    ),
    st.integers(20, 80),
)
def test_no_column_is_lost(columns: list[tuple[str, str]], width: int) -> None:
    rows = [["x" * at for at in range(len(columns))]]
    blocks = lay_out(columns, rows, width)
    assert sum(len(block.columns) - 1 for block in blocks) == len(columns) - 1
    for block in blocks:
        assert sum(column.width for column in block.columns) + block.gap * (len(block.columns) - 1) <= width

"""The card of an experiment: a Markdown page that travels with packed experiments and exported directories."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

import skipgramophone as package
from skipgramophone.errors import SettingError
from skipgramophone.pipeline.archive import pack_experiment, unpack_experiment
from skipgramophone.pipeline.model_card import GENERATED, model_card, set_licence
from skipgramophone.wording import code_block, code_span, markdown_text, visible
from tests.conftest import run_sgp

HOSTILE = "<img src=x onerror=alert(1)> [a](http://x.y) `|` ``` *b*\n# c | @me www.x.y \x1b[31m ![d](e)"
MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": False})


@pytest.fixture
def root(sample_root: Path, tmp_path: Path) -> Path:
    """A directory with a copy of the trained sample, and an evaluation of it."""
    shutil.copytree(sample_root, tmp_path / "root")
    write_report(tmp_path / "root" / "demo", "continuation-2026-01-02T030405.000Z.json", 0.4744)
    return tmp_path / "root"


@pytest.fixture
def small(trained: Path, tmp_path: Path) -> Path:
    """A directory with a copy of the small experiment, and an evaluation of it."""
    shutil.copytree(trained / "genres", tmp_path / "small" / "genres")
    write_report(tmp_path / "small" / "genres", "continuation-2026-01-02T030405.000Z.json", 0.4744)
    return tmp_path / "small"


def write_report(experiment: Path, file: str, mean: float, ranker: str = "hybrid") -> None:
    """Write an evaluation report for the model of an experiment."""
    model = json.loads((experiment / "model" / "manifest.json").read_text())
    metric = {"mean": mean, "low": mean - 0.01, "high": mean + 0.02}
    report = {
        "corpus": model["parent"],
        "training": model["settings"],
        "settings": {"protocol": file.partition("-")[0]},
        "set_aside": False,
        "created": "2026-01-02T03:04:05+00:00",
        "version": "0.5.0",
        "judgement": {"questions": 1221, "asked": 407, "judged": [{"ranker": ranker, "metrics": {"mrr": metric}}]},
    }
    (experiment / "evaluation").mkdir(exist_ok=True)
    (experiment / "evaluation" / file).write_text(json.dumps(report))


def change(path: Path, **values: Any) -> None:
    """Change entries in the facts of a manifest."""
    manifest = json.loads(path.read_text())
    manifest["facts"] |= values
    path.write_text(json.dumps(manifest))


def tokens(markdown: str) -> list[Token]:
    """Return all tokens of a Markdown text, those inside paragraphs and cells too."""
    blocks = MARKDOWN.parse(markdown)
    return [*blocks, *(child for block in blocks for child in block.children or [])]


def shown(markdown: str) -> str:
    """Return the text that a reader of a Markdown paragraph sees."""
    return "".join(token.content for token in tokens(markdown) if token.type in ("text", "code_inline", "text_special"))


def test_a_card_says_what_the_experiment_contains(root: Path) -> None:
    card = model_card("demo", root)
    headings = re.findall("^#+ (.*)$", card, re.MULTILINE)
    assert headings == [
        "Experiment `demo`",
        *("Licence", "Training data", "Settings", "Quality", "Protocol `continuation`", "Known limits", "Versions"),
    ]
    for line in (
        "Not stated. The author of this experiment has not given a licence for the vectors.",
        "- playlists: 4,069",
        "- rows read from the sources: 113,736",
        "- the sample of invented playlists that comes with sgp",
        "| hybrid |  |  |  |  | 0.474 [0.464, 0.494] |  |",
        "- 0 of 2,984 tracks occur fewer than 5 times.",
    ):
        assert line in card.splitlines()
    assert "1,221 queries from 407 held-out playlists" in card
    (settings,) = re.findall("```toml\n(.*?)```", card, re.DOTALL)
    model = json.loads((root / "demo" / "model" / "manifest.json").read_text())
    expected = {name: value for name, value in model["settings"].items() if value is not None}
    assert tomllib.loads(settings)["train"] == expected
    assert model["digest"] in card


def test_a_card_shows_the_latest_evaluation_of_this_model_only(small: Path) -> None:
    write_report(small / "genres", "continuation-2026-01-03T030405.000Z.json", 0.5)
    write_report(small / "genres", "lookup-2026-01-03T030405.000Z.json", 0.25)
    (small / "genres" / "evaluation" / "lookup-2026-01-04.json").write_text('{"judgement": 1}')
    card = model_card("genres", small)
    assert "0.500 [0.490, 0.520]" in card
    assert "0.250 [0.240, 0.270]" in card
    assert "0.474" not in card
    settings = package.TrainSettings(window_size="bag", embedding_dim=16, epochs=1)
    package.train("genres", settings, force=True, experiments_dir=small)
    assert "The model has not been evaluated with these settings on this corpus." in model_card("genres", small)


def test_a_card_states_the_licence_that_was_stored(root: Path) -> None:
    ran = run_sgp("experiments", "demo", "--card", "--licence", "CC BY 4.0", "--experiments-dir", root)
    assert (ran.code, ran.err) == (0, "stored the licence of 'demo'\n")
    assert "\nLicence of the vectors: CC BY 4.0\n" in ran.out
    assert run_sgp("experiments", "demo", "--card", "--experiments-dir", root).out == ran.out
    assert run_sgp("experiments", "copy", "demo", "again", "--experiments-dir", root).code == 0
    assert "\nLicence of the vectors: CC BY 4.0\n" in model_card("again", root)
    for licence in ("", "  ", "a\nb", "x" * 201):
        with pytest.raises(SettingError, match="must be one line of 1 to 200 printable characters"):
            set_licence("demo", licence, root)
    both = run_sgp("experiments", "demo", "--card", "--json", "--experiments-dir", root)
    assert (both.code, both.out) == (2, "")


def test_names_from_strangers_are_never_markup(root: Path) -> None:
    plain = {token.type for token in tokens(model_card("demo", root))}
    for report in (root / "demo" / "evaluation").glob("*.json"):
        report.unlink()
    write_report(root / "demo", "continuation-1.json", 0.5, HOSTILE)
    source = {"file": HOSTILE, "format": HOSTILE, "bytes": 3, "sha256": HOSTILE}
    facts = {"sources": [source], "rejected": {HOSTILE: 1}, "versions": {HOSTILE: HOSTILE}}
    change(root / "demo" / "corpus" / "manifest.json", **facts)
    change(root / "demo" / "model" / "manifest.json", started_from=HOSTILE, imported=source)
    set_licence("demo", visible(HOSTILE), root)
    card = model_card("demo", root)
    found = tokens(card)
    assert {token.type for token in found} <= plain | {"text_special"}
    assert [token.content.strip() for token in found if token.type == "html_block"] == [GENERATED]
    (row,) = [token for token in found if token.type == "inline" and token.content.startswith("\\<img")]
    assert shown(row.content) == visible(HOSTILE)
    assert "\x1b" not in card
    assert sum(token.type == "td_open" for token in found) == 7  # the name has no cell of its own


TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from("`|<>[]()*_\\ :w.@&;"), max_size=20)


@given(TEXTS.filter(lambda text: text.strip(" ") == text != ""))
def test_escaped_text_reads_as_it_was_given(text: str) -> None:
    for escaped in (markdown_text(text), code_span(text)):
        assert shown(f"Name: {escaped}") == f"Name: {visible(text)}"
    (block,) = [token for token in tokens(code_block(text, "toml")) if token.type == "fence"]
    assert block.content == "\n".join(map(visible, text.splitlines())) + "\n"


def test_many_sources_are_counted_and_not_cut_silently(root: Path) -> None:
    sources = [{"file": f"{at}.json", "format": "mpd", "bytes": 1, "sha256": "0"} for at in range(23)]
    change(root / "demo" / "corpus" / "manifest.json", sources=sources)
    card = model_card("demo", root)
    assert "- `19.json`: format `mpd`, 1 byte, SHA-256 `0`" in card
    assert "`20.json`" not in card
    assert "- and 3 more, listed in `corpus/manifest.json`" in card


def test_a_packed_experiment_has_its_card(small: Path, tmp_path: Path) -> None:
    card = model_card("genres", small)
    assert pack_experiment("genres", tmp_path / "genres.zip", experiments_dir=small) > 0
    with zipfile.ZipFile(tmp_path / "genres.zip") as packed:
        assert packed.read("card.md").decode() == card
    assert unpack_experiment(tmp_path / "genres.zip", "theirs", small) == "theirs"
    assert not (small / "theirs" / "card.md").exists()  # it can be written again
    # A card that sgp wrote is replaced; one that its user edited is kept.
    for text, expected in ((card, model_card("theirs", small)), ("# Ours\n", "# Ours\n")):
        (small / "theirs" / "card.md").write_text(text)
        pack_experiment("theirs", tmp_path / "theirs.zip", force=True, experiments_dir=small)
        with zipfile.ZipFile(tmp_path / "theirs.zip") as packed:
            assert packed.namelist().count("card.md") == 1
            assert packed.read("card.md").decode() == expected
    unpack_experiment(tmp_path / "theirs.zip", "ours", small)
    assert (small / "ours" / "card.md").read_text() == "# Ours\n"


def test_exports_state_the_licence_and_have_the_card(root: Path, tmp_path: Path) -> None:
    set_licence("demo", "CC BY 4.0", root)
    package.export("demo", tmp_path / "shown", "projector", experiments_dir=root)
    assert (tmp_path / "shown" / "card.md").read_text() == model_card("demo", root)
    described = json.loads((tmp_path / "shown" / "manifest.json").read_text())
    assert (described["licence"], "card.md" in described["files"]) == ("CC BY 4.0", True)
    package.export("demo", tmp_path / "v.npz", experiments_dir=root)
    described = json.loads((tmp_path / "v.npz.manifest.json").read_text())
    assert (described["licence"], described["card"]) == ("CC BY 4.0", model_card("demo", root))
    assert not (tmp_path / "card.md").exists()


def test_a_corpus_without_vectors_has_a_card(root: Path) -> None:
    shutil.rmtree(root / "demo" / "model")
    shutil.rmtree(root / "demo" / "index")
    card = model_card("demo", root)
    assert "No vectors have been trained yet." in card
    assert "- playlists: 4,069" in card

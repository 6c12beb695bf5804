"""The notebooks of examples/ run as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("network"),  # a kernel is talked to by sockets
    pytest.mark.skipif(not EXAMPLES.exists(), reason="the examples are not part of an installed package"),
]


def test_the_inference_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    monkeypatch.delenv("SGP_EXPERIMENTS", raising=False)
    notebook = nbformat.read(EXAMPLES / "inference.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "commit it without outputs"
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [str(output) for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("2,984 tracks, 64 numbers each" in text for text in shown)
    assert any("Every Pencil Knows (feat. Skellingsson" in text for text in shown)
    assert "application/json" in (tmp_path / "map.html").read_text(encoding="utf-8")

"""`sgp continue` on the built-in sample, against the rankers that `evaluate` measures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import skipgramophone as sgp
from skipgramophone.embeddings import unit_rows
from skipgramophone.evaluation.rankers import Cosine, Hybrid, item_knn, membership
from tests.conftest import run_sgp

GIVEN = ("sample:track:0005", "sample:track:0100", "sample:track:0200")


def test_it_ranks_as_evaluate_measures(sample_root: Path) -> None:
    from scipy import sparse

    ran = run_sgp("continue", "demo", *GIVEN, "-n", "40", "--json", "--experiments-dir", sample_root)
    answer = json.loads(ran.out)
    assert (ran.code, answer["ranked_by"], len(answer["neighbours"])) == (0, "hybrid", 40)
    with sgp.open("demo", sample_root) as demo:
        rows = [demo.resolve(uri).track.row for uri in GIVEN]
        given = np.zeros((1, len(demo)), np.float32)
        given[0, rows] = 1
        ranker = Hybrid(item_knn(membership(demo.corpus, len(demo))), Cosine(unit_rows(demo.embeddings.centre)))
        scores = ranker.scores(sparse.csr_array(given))[0]
    scores[rows] = -np.inf
    shown = [near["position"] - 1 for near in answer["neighbours"]]
    np.testing.assert_allclose(scores[shown], np.sort(scores)[::-1][:40], atol=1e-3)


def test_files_standard_input_and_unknown_names(sample_root: Path, tmp_path: Path) -> None:
    at = ("--format", "plain", "-n", "5", "--experiments-dir", sample_root)
    wanted = run_sgp("continue", "demo", *GIVEN, *at)
    assert (wanted.err, len(wanted.out.splitlines())) == ("", 5)
    lines = "#EXTM3U\n" + "".join(f"#EXTINF:-1,x\n{uri}\n\n" for uri in GIVEN) + "no such name at all\n"
    (tmp_path / "mine.m3u8").write_text(lines)
    for arguments in (["--file", str(tmp_path / "mine.m3u8")], ["-"]):
        ran = run_sgp("continue", "demo", *arguments, *at, stdin=lines)
        assert (ran.code, ran.out) == (0, wanted.out)
        assert ran.err.startswith("left out: no track is called 'no such name at all'")
    assert run_sgp("continue", "demo", "no such name at all", *at).code == 3
    assert run_sgp("continue", "demo", *at).code == 2

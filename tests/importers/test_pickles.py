"""Pickles are recognized by their content, whatever their suffix is, and are never loaded."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from skipgramophone.errors import SourceError
from skipgramophone.importers.pickles import refuse_pickle
from tests.conftest import Sgp

MESSAGE = "is a pickle, the format that gensim's model.save, joblib and PyTorch write. sgp does not load pickles"
LOADED: list[int] = []


class Trap:
    """An object that leaves a trace if it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return LOADED.append, (1,)


def of_torch(path: Path) -> None:
    """Write an archive with the names of members that `torch.save` uses."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps({"weight": 1}))
        archive.writestr("model/data/0", b"\0" * 16)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("value", [{"a": 1.5}, ["a - b"], np.eye(2), Trap()], ids=["dict", "list", "array", "object"])
def test_pickles_of_all_protocols_are_recognized(tmp_path: Path, value: object, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    (path := tmp_path / "v.npz").write_bytes(data)
    with pytest.raises(SourceError, match="is a pickle"):
        refuse_pickle(path)
    for compress in (zlib.compress, gzip.compress, bz2.compress, lzma.compress):
        path.write_bytes(compress(data))
        with pytest.raises(SourceError, match="is a pickle"):
            refuse_pickle(path)
    assert not LOADED


@pytest.mark.parametrize("name", ["m.model", "m.pkl", "m.joblib", "m.npz", "m.vec", "m.bin", "m.parquet", "m"])
def test_the_command_says_what_to_do_with_a_pickle(sgp: Sgp, experiments: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(pickle.dumps(Trap()))
    formats = [[], *(["--format", each] for each in ("npz", "parquet", "word2vec", "word2vec-binary"))]
    for number, given in enumerate([*formats, []]):
        if number == len(formats):
            of_torch(path)
        ran = sgp("import", "x", path, *given)
        assert (ran.code, ran.err.count("\n")) == (1, 1), ran.err
        assert MESSAGE in ran.err
        assert "model.wv.save_word2vec_format('vectors.txt')" in ran.err
        assert "allow_pickle" not in ran.err
    assert not LOADED
    assert not (experiments / "x").exists()


def test_the_model_of_gensim_is_recognized_and_its_vectors_can_be_imported(sgp: Sgp, tmp_path: Path) -> None:
    gensim = pytest.importorskip("gensim.models")
    model = gensim.Word2Vec([["a - b", "c - d"]] * 5, vector_size=4, min_count=1, workers=1, epochs=1)
    model.save(str(tmp_path / "m.model"))
    ran = sgp("import", "x", tmp_path / "m.model")
    assert MESSAGE in ran.err
    model.wv.save_word2vec_format(str(tmp_path / "vectors.txt"))
    assert sgp("import", "x", tmp_path / "vectors.txt", "-q").code == 0


def test_other_files_are_no_pickles(tmp_path: Path) -> None:
    path = tmp_path / "v"
    for data in (
        b"",
        b"2 2\na 1 2\nb 3 4\n",
        b"PAR1",
        b"xyz",
        b"\x1f\x8bdamaged",
        b"PK\x03\x04",
        b"(a) 1 2\n",
        b"count\n1",
    ):
        path.write_bytes(data)
        refuse_pickle(path)
    np.savez(path.with_suffix(".npz"), vectors=np.eye(2), tracks=np.array(["a", "b"]))
    refuse_pickle(path.with_suffix(".npz"))

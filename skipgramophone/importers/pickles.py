"""Recognize pickles, which are never loaded because loading a pickle can run any code.

A pickle is recognized by its first bytes, regardless of the suffix of the file, even if it is compressed (as joblib
does) or in a zip archive (as PyTorch does). No file of vectors in another format starts with these bytes.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zipfile
import zlib
from pathlib import Path

from skipgramophone.errors import SourceError

START = 1 << 12  # number of bytes at the start of a file that are examined
ZIP, GZIP, ZLIB, BZIP2, XZ = b"PK\x03\x04", b"\x1f\x8b", b"\x78", b"BZh", b"\xfd7zXZ"
PICKLE = re.compile(
    rb"\x80[\x02-\x0f]"  # the first bytes of a pickle in protocols 2 and later
    # the first bytes of a pickled list, dictionary or object in protocols 0 and 1
    rb"|\((?:lp|dp)\d+\n|[\]}]q.|\(?c[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n",
    re.DOTALL,
)
REMEDY = (
    "load the pickle in Python, save its vectors with model.wv.save_word2vec_format('vectors.txt') (gensim) or "
    "numpy.savez('vectors.npz', vectors=VECTORS, tracks=NAMES), and import the saved file"
)


def refuse_pickle(path: Path) -> None:
    """Raise an error if a file is a pickle.

    Raises:
        SourceError: the file is a pickle.
    """
    with path.open("rb") as file:
        start = file.read(START)
    if _contains_pickle(path) if start.startswith(ZIP) else PICKLE.match(_decompressed(start)):
        raise SourceError(
            f"{path} is a pickle, the format that gensim's model.save, joblib and PyTorch write. "
            f"sgp does not load pickles, because a pickle can run any code: {REMEDY}"
        )


def _contains_pickle(path: Path) -> bool:
    """Return whether a zip archive contains the pickle of PyTorch."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/data.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return False  # the archive is damaged, which the reader of npz files reports


def _decompressed(start: bytes) -> bytes:
    """Decompress the first bytes of a compressed file. If the file is not compressed, return them unchanged."""
    try:
        if start.startswith((GZIP, ZLIB)):
            return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(start, START)
        if start.startswith(BZIP2):
            return bz2.BZ2Decompressor().decompress(start, START)
        if start.startswith(XZ):
            return lzma.LZMADecompressor().decompress(start, START)
    except (zlib.error, OSError, lzma.LZMAError):
        pass  # The file is not compressed; its first bytes only look like those of a compressed file.
    return start

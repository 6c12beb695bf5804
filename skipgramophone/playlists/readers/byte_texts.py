"""Reads texts that a script has written as Python bytes without decoding them, such as b'Paper Boats'."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.experiment.arrow_types import TEXT

KNOWN_TEXTS = 1 << 16  # maximum number of texts in the cache, so that a large table does not fill the memory
BYTES = re.compile(r"""b('[^']*'|"[^"]*"|'(?:[^'\\]|\\.)*')""", re.DOTALL)


def without_byte_marks(texts: pa.Array) -> pa.Array:
    r"""Return a column in which texts such as b'Paper Boats' are written without the b and the quotes.

    >>> without_byte_marks(pa.array(["b'Nell Quay'", "b'Bj\\xc3\\xb6rk'", 'b"Don\'t"', "b'oh"])).to_pylist()
    ['Nell Quay', 'Björk', "Don't", "b'oh"]
    """
    starts = pc.or_(pc.starts_with(texts, "b'"), pc.starts_with(texts, 'b"'))
    if not pc.any(starts, min_count=0).as_py():
        return texts
    return pa.array([None if text is None else _text(text) for text in texts.to_pylist()], TEXT)


@lru_cache(KNOWN_TEXTS)
def _text(written: str) -> str:
    """Return the text in b'...' without these marks; return other texts, and bytes that are not UTF-8, unchanged."""
    if BYTES.fullmatch(written) is None:
        return written
    try:
        # Python does not allow non-ASCII letters in b'...', so from such a text only the b and the quotes are removed.
        return str(ast.literal_eval(written[1:]).encode("latin-1").decode()) if written.isascii() else written[2:-1]
    except (ValueError, SyntaxError):
        return written

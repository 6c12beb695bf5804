"""Read word2vec files, text and binary, and convert names to keys that survive writing and reading.

A key must not contain white space: gensim cannot read such keys from text files and silently reads wrong keys from
binary files. White space, control characters and "%" are therefore percent-encoded ("%20" for a space). If two tracks
have the same name, the key of the later one gets a suffix: "%23" (an encoded "#") and the position of this track,
counted from 1. A "#" in a name is never encoded, so no name can be mistaken for a key with this suffix.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote

import numpy as np
import numpy.typing as npt

from skipgramophone.errors import SourceError

Matrix = npt.NDArray[np.float32]

UNSAFE = re.compile(r"[\s%\x00-\x1f\x7f-\x9f]")  # white space, control characters and the escape character
NUMBERED = re.compile(r"(.*)%23[1-9][0-9]*", re.DOTALL)
LONGEST_HEADER = 64  # maximum length in bytes of the first line
LONGEST_LINE = 64 << 20  # maximum length in bytes; a longer line is not a vector, and would fill the memory


def names_file(path: Path) -> Path:
    """Return the path of the file with the original names of a word2vec file.

    It is in the directory of the word2vec file, and contains one JSON object per line.
    """
    return path.with_name(path.name + ".names.jsonl")


def escape(name: str) -> str:
    """Return the key of a name: the name with unsafe characters percent-encoded.

    >>> escape("Tom Petty - 100% Free")
    'Tom%20Petty%20-%20100%25%20Free'
    """
    return UNSAFE.sub(lambda found: quote(found[0], safe=""), name)


def unescape(key: str) -> str:
    """Return the name from which a key was made; a key that `escape` cannot produce is returned unchanged.

    >>> unescape("Tom%20Petty%20-%20100%25%20Free"), unescape("100% Free"), unescape("Intro%2312")
    ('Tom Petty - 100% Free', '100% Free', 'Intro')
    """
    numbered = NUMBERED.fullmatch(key)
    plain = numbered[1] if numbered else key
    name = unquote(plain)
    return name if escape(name) == plain else key


def unique_keys(names: Iterable[str]) -> list[str]:
    """Return a unique, non-empty key for each name.

    >>> unique_keys(["Intro", "a b", "Intro", ""])
    ['Intro', 'a%20b', 'Intro%233', '%234']
    """
    used: set[str] = set()
    keys = []
    for position, name in enumerate(names, 1):
        key = escape(name)
        keys.append(key if key and key not in used else f"{key}%23{position}")
        used.add(key)
    return keys


def read(path: Path, binary: bool) -> tuple[list[str], Matrix]:
    """Read a word2vec file; return the keys, still escaped, and the vectors, float32 (keys, dim).

    In a text file, everything before the last `dim` numbers of a line is the key. Keys with spaces, which gensim writes
    but cannot read, are therefore read correctly.

    Raises:
        SourceError: the file is not a word2vec file, is truncated, or is binary and has keys with spaces.
    """
    with path.open("rb") as file:
        rows, dim = _header(path, file)
        records = _binary(file.read(), rows, dim) if binary else _text(file, dim)
        keys: list[str] = []
        vectors = np.empty((rows, dim), np.float32)
        try:
            for key, numbers in records:
                if len(keys) == rows:
                    raise ValueError("unexpected data after the last vector")
                vectors[len(keys)] = numbers
                keys.append(key.decode())
            if len(keys) < rows:
                raise ValueError("unexpected end of file")
        except ValueError as error:
            hint = "; binary files cannot have keys with spaces: save them as text" if binary else ""
            raise SourceError(
                f"{path} cannot be read as word2vec {'binary' if binary else 'text'}: vector {len(keys) + 1:,} of "
                f"{rows:,}: {error}{hint}"
            ) from error
    return keys, vectors


def _header(path: Path, file: BinaryIO) -> tuple[int, int]:
    """Read the number of vectors and their dimension from the first line; check that the file is large enough."""
    line = file.readline(LONGEST_HEADER)
    found = re.fullmatch(rb"(\d{1,12}) (\d{1,6})\s*", line)
    rows, dim = (int(found[1]), int(found[2])) if found else (0, 0)
    if not rows or not dim or rows * dim > path.stat().st_size:
        raise SourceError(
            f"{path} is not a word2vec file: the first line must be the number of vectors and their dimension"
        )
    return rows, dim


def _text(file: BinaryIO, dim: int) -> Iterator[tuple[bytes, Matrix]]:
    """Yield the key and vector of each line."""
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise ValueError(f"the line is longer than {LONGEST_LINE >> 20} MiB")
        key, *numbers = line.rstrip(b" \r\n").rsplit(b" ", dim)
        if len(numbers) != dim:
            raise ValueError(f"expected a key and a vector of dimension {dim}")
        with np.errstate(over="ignore"):  # a number beyond float32 becomes infinite, which the importer refuses
            vector = np.array(numbers).astype(np.float32)
        yield key, vector


def _binary(data: bytes, rows: int, dim: int) -> Iterator[tuple[bytes, Matrix]]:
    """Yield the key and vector of each record. A line feed after a record, which some tools write, is skipped."""
    at = 0
    for _ in range(rows):
        space = data.index(b" ", at)
        yield data[at:space].lstrip(b"\n"), np.frombuffer(data, "<f4", dim, space + 1)
        at = space + 1 + 4 * dim
    if data[at:].strip(b"\n"):
        raise ValueError("unexpected data after the last vector")

"""The file formats of word2vec, text and binary, with keys that survive the trip.

A key must hold no white space, or gensim cannot read its own text files and silently reads wrong keys from binary ones.
So what would break a key is written as in an address ("%20" for a space), and the same way back. Where two tracks have
one name, the later gets "%23" (a "#") and its position after it; "#" itself is never escaped, so that is no name.
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

BREAKING = re.compile(r"[\s%\x00-\x1f\x7f-\x9f]")  # white space of all kinds, control characters, and the escape itself
NUMBERED = re.compile(r"(.*)%23[1-9][0-9]*", re.DOTALL)
LONGEST_HEADER = 64  # bytes


def names_file(path: Path) -> Path:
    """Where the true names of a word2vec file lie: beside it, a JSON object a line."""
    return path.with_name(path.name + ".names.jsonl")


def escaped(name: str) -> str:
    """A name as a key.

    >>> escaped("Tom Petty - 100% Free")
    'Tom%20Petty%20-%20100%25%20Free'
    """
    return BREAKING.sub(lambda found: quote(found[0], safe=""), name)


def unescaped(key: str) -> str:
    """The name that a key was made from; a key that `escaped` would not write is taken as it is.

    >>> unescaped("Tom%20Petty%20-%20100%25%20Free"), unescaped("100% Free"), unescaped("Intro%2312")
    ('Tom Petty - 100% Free', '100% Free', 'Intro')
    """
    numbered = NUMBERED.fullmatch(key)
    plain = numbered[1] if numbered else key
    name = unquote(plain)
    return name if escaped(name) == plain else key


def unique_keys(names: Iterable[str]) -> list[str]:
    """A key for each name, no two alike and none empty.

    >>> unique_keys(["Intro", "a b", "Intro", ""])
    ['Intro', 'a%20b', 'Intro%233', '%234']
    """
    taken: set[str] = set()
    keys = []
    for position, name in enumerate(names, 1):
        key = escaped(name)
        keys.append(key if key and key not in taken else f"{key}%23{position}")
        taken.add(key)
    return keys


def read(path: Path, binary: bool) -> tuple[list[str], Matrix]:
    """Read keys as they stand, and vectors, float32 (keys, dim).

    In text, a key is all that stands before the last `dim` numbers of a line: keys with spaces, as gensim
    writes them and cannot read them, come out whole.

    Raises:
        SourceError: the file is no word2vec file, is cut off, or its keys hold spaces and it is binary.
    """
    with path.open("rb") as file:
        rows, dim = _header(path, file)
        records = _binary(file.read(), rows, dim) if binary else _text(file, dim)
        keys: list[str] = []
        vectors = np.empty((rows, dim), np.float32)
        try:
            for key, numbers in records:
                if len(keys) == rows:
                    raise ValueError("there is more")
                vectors[len(keys)] = numbers
                keys.append(key.decode())
            if len(keys) < rows:
                raise ValueError("it ends early")
        except ValueError as error:
            hint = "; keys with spaces cannot be read from a binary file, save it as text" if binary else ""
            raise SourceError(
                f"{path} cannot be read as word2vec {'binary' if binary else 'text'}, vector {len(keys) + 1:,} of "
                f"{rows:,}: {error}{hint}"
            ) from error
    return keys, vectors


def _header(path: Path, file: BinaryIO) -> tuple[int, int]:
    """Number of vectors and numbers a vector, from the first line; the file must be long enough for them."""
    line = file.readline(LONGEST_HEADER)
    found = re.fullmatch(rb"(\d{1,12}) (\d{1,6})\s*", line)
    rows, dim = (int(found[1]), int(found[2])) if found else (0, 0)
    if not rows or not dim or rows * dim > path.stat().st_size:
        raise SourceError(f"{path} is no word2vec file: its first line must be the number of vectors and their size")
    return rows, dim


def _text(file: BinaryIO, dim: int) -> Iterator[tuple[bytes, Matrix]]:
    """Keys and vectors of lines."""
    for line in file:
        key, *numbers = line.rstrip(b" \r\n").rsplit(b" ", dim)
        if len(numbers) != dim:
            raise ValueError(f"a key and {dim} numbers were expected")
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as that
            vector = np.array(numbers).astype(np.float32)
        yield key, vector


def _binary(data: bytes, rows: int, dim: int) -> Iterator[tuple[bytes, Matrix]]:
    """Keys and vectors of records; some writers end each with a line feed, gensim does not."""
    at = 0
    for _ in range(rows):
        space = data.index(b" ", at)
        yield data[at:space].lstrip(b"\n"), np.frombuffer(data, "<f4", dim, space + 1)
        at = space + 1 + 4 * dim
    if data[at:].strip(b"\n"):
        raise ValueError("there is more")

"""Handle text and paths that are not valid UTF-8.

If an argument or a file name contains a byte that is not valid UTF-8, Python represents this byte as a lone surrogate.
Lone surrogates can also come from JSON escapes. SQLite, Arrow and Annoy accept only UTF-8.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skipgramophone.wording import Names

NOT_UTF8 = "not UTF-8"  # reason for rejecting a row
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def is_utf8(text: str) -> bool:
    """Whether a text can be encoded as UTF-8."""
    return text.isascii() or not _LONE_SURROGATE.search(text)


def give_encoding(named: Names, encoding: str = "UTF-8") -> str:
    """Return advice for text that is not in an encoding."""
    if encoding != "UTF-8":
        return f"give another {named('encoding')}"
    return f"give the encoding, such as {named('encoding', 'cp1252')} for a file that Excel saved on Windows"


def with_remedy(reason: str, named: Names) -> str:
    """Return the reason for rejecting a row. If the row is not valid UTF-8, append advice on its encoding.

    >>> from skipgramophone.wording import COMMAND_LINE
    >>> with_remedy("blank line", COMMAND_LINE)
    'blank line'
    """
    return f"{reason}: {give_encoding(named)}" if reason == NOT_UTF8 else reason


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates by U+FFFD, the character that decoders use for bytes that they cannot decode."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def printable_path(path: Path) -> str:
    """Return a path as text for reports; bytes that are not UTF-8 are written as \\xNN."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


@contextmanager
def utf8_path(path: Path) -> Iterator[str]:
    """Yield a path that is valid UTF-8 and leads to the same file, for libraries that accept only such paths.

    If `path` is a file, its own name must be valid UTF-8; the names of its directories need not be.
    """
    if is_utf8(str(path)):
        yield str(path)
        return
    is_directory = path.is_dir()
    directory = os.open(path if is_directory else path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}{'' if is_directory else f'/{path.name}'}"
    finally:
        os.close(directory)

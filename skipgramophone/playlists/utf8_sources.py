"""Find files in UTF-8 among sources for which the user has given another encoding."""

from __future__ import annotations

import codecs

from skipgramophone.errors import SourceError
from skipgramophone.playlists.readers.lines import BYTE_ORDER_MARK
from skipgramophone.playlists.readers.source_files import SourceFile
from skipgramophone.wording import Names

READ_AT_ONCE = 1 << 20


def is_certainly_utf8(file: SourceFile, bare: bool) -> bool:
    """Whether a file is UTF-8.

    It must begin with a byte order mark, or contain non-ASCII characters and be valid UTF-8. Text in another encoding
    is practically never valid UTF-8, unless it is ASCII only or very short.

    Args:
        file: the file.
        bare: whether to read the text of a file without a byte order mark; if not, such a file does not count as UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    beyond_ascii = False
    try:
        with file.open() as stream:
            if stream.encoding != "UTF-8":
                return False  # UTF-16
            if stream.peek(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK:
                return True
            while bare and (data := stream.read(READ_AT_ONCE)):
                beyond_ascii |= not data.isascii()
                decoder.decode(data)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return beyond_ascii


def utf8_error(file: SourceFile, encoding: str, is_alone: bool) -> SourceError:
    """Return the error for a file in UTF-8 that would be read in another encoding.

    Args:
        file: the file.
        encoding: the encoding of the settings.
        is_alone: whether the file is the only source.
    """
    return SourceError.naming(
        lambda named: (
            f"{file.display_name} is UTF-8, but {named('encoding')} is {encoding}: "
            + (f"leave out {named('encoding')}" if is_alone else _in_two_steps(named))
        )
    )


def _in_two_steps(named: Names) -> str:
    """Return advice for sources of which some are in UTF-8."""
    step = named.either("call", "command")
    return f"add it with a second {step}, without {named('encoding')} and with {named('append', True)}"

"""Converts text to UTF-8 while it is read. UTF-16 is recognized by its byte order mark."""

from __future__ import annotations

import codecs
from typing import IO

from skipgramophone.errors import SourceError, UnknownFormatError

UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class MarkedStream:
    """A binary stream that shows whether it begins with a byte order mark of UTF-16."""

    def __init__(self, data: IO[bytes]) -> None:
        self._data = data
        self._head = b""
        while len(self._head) < len(codecs.BOM_UTF16_LE) and (more := data.read(len(codecs.BOM_UTF16_LE))):
            self._head += more

    @property
    def is_utf_16(self) -> bool:
        """Whether the stream begins with a byte order mark of UTF-16."""
        return self._head.startswith(UTF_16_MARKS)

    def read(self, size: int) -> bytes:
        """Read up to `size` bytes; an empty result means the end of the file."""
        if not self._head:
            return self._data.read(size)
        part, self._head = self._head[:size], self._head[size:]
        return part


class RecodedStream:
    """Converts a stream to UTF-8; undecodable bytes stay unchanged, so that the lines with them can be rejected."""

    def __init__(self, data: IO[bytes], encoding: str, display_name: str) -> None:
        self._data = data
        self._display_name = display_name
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")

    def read(self, size: int) -> bytes:
        """Read about `size` bytes; an empty result means the end of the file.

        Raises:
            SourceError: the data is not in the encoding.
        """
        text, raw = "", b"?"
        try:
            while raw and not text:
                raw = self._data.read(size)
                text = self._decoder.decode(raw, final=not raw)
            return text.encode("utf-8", "surrogateescape")
        except UnicodeDecodeError as error:
            problem = f"not valid {self._encoding.upper()} ({error.reason})"
            raise UnknownFormatError(
                self._display_name, lambda named: f"{problem}: give another {named('encoding')}"
            ) from error
        except UnicodeError as error:
            problem = f"{self._display_name} is not in {self._encoding}: {error}"
            raise SourceError.naming(lambda named: f"{problem}; give its encoding with {named('encoding')}") from error

"""Split strings into lines."""

from __future__ import annotations

import re

LINE_END = re.compile("\r\n|[\r\n]")


def split_lines(text: str) -> list[str]:
    """Split a string at LF, CRLF and CR only. `str.splitlines` also splits at characters that names may contain.

    >>> split_lines("one\\u2028two\\r\\nthree\\n")
    ['one\\u2028two', 'three']
    """
    lines = LINE_END.split(text)
    return lines if lines[-1] else lines[:-1]

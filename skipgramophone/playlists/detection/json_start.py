"""Reads the start of a JSON document, whose end may be missing."""

from __future__ import annotations

import json
import re
from typing import Any

JSON_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[][{},]', re.DOTALL)
CLOSING = {"[": "]", "{": "}"}
DEEPEST = 100  # maximum nesting of JSON values


def ends_early(document: bytes) -> bool:
    """Whether a JSON document ends inside an object or an array.

    >>> ends_early(b'{"tracks": [{"title": "Pap'), ends_early(b'{"tracks": []}')
    (True, False)
    """
    tokens = [token[0] for token in JSON_TOKEN.finditer(document.decode("utf-8", "replace"))]
    return sum(token in CLOSING for token in tokens) > sum(token in CLOSING.values() for token in tokens)


def first_json_value(head: bytes) -> Any:
    """Return the first JSON value in a byte string, or None if the bytes are not JSON.

    If the value is cut off, the part of it that is complete is returned.

    >>> first_json_value(b'{"playlist": {"track": [{"title": "Paper Boats"}, {"title": "Sa')
    {'playlist': {'track': [{'title': 'Paper Boats'}, {}]}}
    """
    text = head.decode("utf-8", "replace").lstrip()
    if not text.startswith(tuple(CLOSING)):
        return None
    closing: list[str] = []
    cut = 0
    for found in JSON_TOKEN.finditer(text):
        token = found[0]
        if token.startswith('"'):
            continue
        if token in CLOSING:
            closing.append(CLOSING[token])
        elif token != "," and (not closing or closing.pop() != token):
            return None
        cut = found.start() if token == "," else found.end()
        if not closing or len(closing) > DEEPEST:
            break
    try:
        return json.loads(text[:cut] + "".join(reversed(closing)))
    except ValueError:
        return None

"""Mutations: small random changes to the bytes of a valid file, or to the values of a JSON document."""

from __future__ import annotations

import copy
import json
import random
import struct
from collections.abc import Iterator
from typing import Any

TOKENS = [  # byte strings that readers are known to stumble over
    *(
        b"\0",
        b"\xff",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\r",
        b"\n\n",
        b"\xe2\x80\xa8",
        b"\\",
        b'"',
        b'""',
        b"'",
        b",",
        b";",
        b"\t",
    ),
    *(b"null", b"true", b"NaN", b"-1", b"1e999", b"99999999999999999999", b"0.0000001", b"{}", b"[]", b"[" * 3000),
    *(b'{"a":', b"\xed\xa0\x80", b"\\ud800", b"#EXTM3U", b"#EXTINF:", b"../../", b"\x1b[2J", b"1970-01-01", b" - "),
    *(struct.pack("<q", number) for number in (-1, 0, 1, 2**31 - 1, 2**31, 2**32, 2**62, 2**63 - 1)),
]


def mutate(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Change data in a few places; `other` is the file from which pieces are copied."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        at = rng.randrange(len(changed) + 1)
        end = min(len(changed), at + rng.choice((1, 1, 2, 4, 8, 50, 1000)))
        kind = rng.randrange(8)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(changed):
            changed[at] = rng.randrange(256)
        elif kind == 2:
            del changed[at:end]
        elif kind == 3:
            changed[at:at] = changed[at:end] * rng.choice((1, 2, 100))
        elif kind == 4:
            changed[at:at] = rng.choice(TOKENS)
        elif kind == 5:
            token = rng.choice(TOKENS)
            changed[at : at + len(token)] = token
        elif kind == 6:
            del changed[at:]
        else:
            start = rng.randrange(len(other) + 1)
            changed[at:end] = other[start : start + rng.choice((4, 50, 1000))]
    return bytes(changed)


VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1e300, 10**30, "", " ", "-", "a - b", "\ud800", "\0", "spotify:track:1", "2020-01-01"),
    *([], {}, [[]], [{}], [None], ["a - b"], [1, 2], {"name": "a"}, {"artist": "a", "title": "b"}, [["a", "b"]]),
]


def mutate_json(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Change a few values of a JSON document, which stays JSON; data that is not JSON is changed by `mutate`."""
    try:
        document = [json.loads(data)]
    except ValueError:
        return mutate(data, other, rng)
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = list(_places_in(document))
        parent, at = rng.choice(places)
        value, kind = parent[at], rng.randrange(5)
        if kind == 0 and (isinstance(parent, dict) or len(parent) > 1):
            del parent[at]
        elif kind == 1:
            taken, key = rng.choice(places)
            parent[at] = copy.deepcopy(taken[key])
        elif kind == 2 and isinstance(value, list):
            value += copy.deepcopy(value) * rng.choice((1, 30))
        elif kind == 3 and isinstance(parent, dict):
            parent[rng.choice([name for _, name in places if isinstance(name, str)])] = parent.pop(at)
        else:
            parent[at] = copy.deepcopy(rng.choice(VALUES))
        document = document[:1] or [None]
    return json.dumps(document[0]).encode()


def _places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the parent and the index or name of each value inside a value."""
    for at, below in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, at
        if isinstance(below, dict | list):
            yield from _places_in(below)

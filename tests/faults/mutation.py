"""Mutations: small random changes to the bytes of a valid file."""

from __future__ import annotations

import random
import struct

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

"""Folding of many names at once: what `names` says of one, in Arrow's own loops where a name is all ASCII."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.names.normalization import SEPARATOR, folded, identity

ASCII_SPACE = "".join(chr(code) for code in range(128) if chr(code).isspace())
ODD_SPACE = r"[\x09-\x0d\x1c-\x1f]|^ |  | $"  # where spaces are to be folded
SPACES = r"[\x09-\x0d\x1c-\x1f ]+"


def identities(strings: pa.Array) -> pa.Array:
    """`identity` of each string."""
    return _where_ascii(strings, lambda plain: pc.ascii_trim(pc.ascii_lower(plain), ASCII_SPACE), identity)


def all_folded(strings: pa.Array) -> pa.Array:
    """`folded` of each string."""

    def plainly_folded(plain: pa.Array) -> pa.Array:
        small = pc.ascii_lower(plain)
        odd = pc.match_substring_regex(small, ODD_SPACE)
        even = pc.ascii_trim(pc.replace_substring_regex(small.filter(odd), SPACES, " "), " ")
        return pc.replace_with_mask(small, odd, even)

    return _where_ascii(strings, plainly_folded, folded)


def full_names(artists: pa.Array, titles: pa.Array) -> pa.Array:
    """`full_name` of each artist and title."""
    both = pc.binary_join_element_wise(artists, titles, pa.scalar(SEPARATOR, artists.type))
    return pc.if_else(pc.equal(artists, ""), titles, pc.if_else(pc.equal(titles, ""), artists, both))


def _where_ascii(strings: pa.Array, plain: Callable[[pa.Array], pa.Array], other: Callable[[str], str]) -> pa.Array:
    """What one function makes of all strings, and in place of that what another makes of those beyond ASCII."""
    beyond = pc.invert(pc.string_is_ascii(strings))
    others = pa.array([other(name) for name in strings.filter(beyond).to_pylist()], strings.type)
    return pc.replace_with_mask(plain(strings), beyond, others)

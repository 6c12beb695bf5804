"""Normalize Arrow arrays of names. ASCII names are normalized with Arrow's vectorized functions."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.names.normalization import SEPARATOR, fold_name, identity

ASCII_SPACE = "".join(chr(code) for code in range(128) if chr(code).isspace())
ODD_SPACE = r"[\x09-\x0d\x1c-\x1f]|^ |  | $"  # matches white space other than single spaces between words
SPACES = r"[\x09-\x0d\x1c-\x1f ]+"


def identities(strings: pa.Array) -> pa.Array:
    """Apply `identity` to each string."""
    return _where_ascii(strings, lambda plain: pc.ascii_trim(pc.ascii_lower(plain), ASCII_SPACE), identity)


def fold_names(strings: pa.Array) -> pa.Array:
    """Apply `fold_name` to each string."""

    def fold_ascii(plain: pa.Array) -> pa.Array:
        lower = pc.ascii_lower(plain)
        odd = pc.match_substring_regex(lower, ODD_SPACE)
        even = pc.ascii_trim(pc.replace_substring_regex(lower.filter(odd), SPACES, " "), " ")
        return pc.replace_with_mask(lower, odd, even)

    return _where_ascii(strings, fold_ascii, fold_name)


def full_names(artists: pa.Array, titles: pa.Array) -> pa.Array:
    """Apply `full_name` to each artist and title."""
    both = pc.binary_join_element_wise(artists, titles, pa.scalar(SEPARATOR, artists.type))
    return pc.if_else(pc.equal(artists, ""), titles, pc.if_else(pc.equal(titles, ""), artists, both))


def _where_ascii(strings: pa.Array, plain: Callable[[pa.Array], pa.Array], other: Callable[[str], str]) -> pa.Array:
    """Normalize all ASCII strings by one call of `plain`, and each of the other strings by a call of `other`."""
    beyond = pc.invert(pc.string_is_ascii(strings))
    others = pa.array([other(name) for name in strings.filter(beyond).to_pylist()], strings.type)
    return pc.replace_with_mask(plain(strings), beyond, others)

"""Normalize Arrow arrays of names. ASCII names are normalized with Arrow's vectorized functions."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from skipgramophone.names.normalization import SEPARATOR, fold_name, fold_part, identity

ASCII_SPACE = "".join(chr(code) for code in range(128) if chr(code).isspace())
ODD_SPACE = r"[\x09-\x0d\x1c-\x1f]|^ |  | $"  # matches white space other than single spaces between words
SPACES = r"[\x09-\x0d\x1c-\x1f ]+"


def identities(strings: pa.Array) -> pa.Array:
    """Apply `identity` to each string."""
    return _where_ascii(strings, lambda plain: pc.ascii_trim(pc.ascii_lower(plain), ASCII_SPACE), identity)


def fold_names(strings: pa.Array) -> pa.Array:
    """Apply `fold_name` to each string."""
    return _where_ascii(strings, _fold_ascii, fold_name)


def fold_full_names(artists: pa.Array, titles: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Fold the full name of each artist and title, and each title; return both.

    A folded full name consists of the folded artist and the folded title, so no title is folded twice.
    """
    parts = [_where_ascii(strings, _fold_ascii, fold_part) for strings in (artists, titles)]
    both = pc.ascii_trim(pc.binary_join_element_wise(*parts, pa.scalar(SEPARATOR, artists.type)), " ")
    artist, title = map(_with_only_accents, parts, (artists, titles))
    return pc.if_else(pc.equal(artists, ""), title, pc.if_else(pc.equal(titles, ""), artist, both)), title


def full_names(artists: pa.Array, titles: pa.Array) -> pa.Array:
    """Apply `full_name` to each artist and title."""
    both = pc.binary_join_element_wise(artists, titles, pa.scalar(SEPARATOR, artists.type))
    return pc.if_else(pc.equal(artists, ""), titles, pc.if_else(pc.equal(titles, ""), artists, both))


def _fold_ascii(plain: pa.Array) -> pa.Array:
    """Fold strings; the results for strings that are not ASCII are wrong."""
    lower = pc.ascii_lower(plain)
    odd = pc.match_substring_regex(lower, ODD_SPACE)
    even = pc.ascii_trim(pc.replace_substring_regex(lower.filter(odd), SPACES, " "), " ")
    return pc.replace_with_mask(lower, odd, even)


def _with_only_accents(parts: pa.Array, strings: pa.Array) -> pa.Array:
    """Convert results of `fold_part` to those of `fold_name`, which differ for strings that consist of accents."""
    empty = pc.and_(pc.equal(parts, ""), pc.not_equal(strings, ""))
    return pc.replace_with_mask(parts, empty, fold_names(strings.filter(empty)))


def _where_ascii(strings: pa.Array, plain: Callable[[pa.Array], pa.Array], other: Callable[[str], str]) -> pa.Array:
    """Normalize all ASCII strings by one call of `plain`, and each of the other strings by a call of `other`."""
    beyond = pc.invert(pc.string_is_ascii(strings))
    others = pa.array([other(name) for name in strings.filter(beyond).to_pylist()], strings.type)
    return pc.replace_with_mask(plain(strings), beyond, others)

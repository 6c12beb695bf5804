"""Trigrams: pieces of three letters by which a name index finds names.

A trigram is a sequence of three letters of a word, where a letter is any character except the space. A word of one or
two letters has no trigram, so the whole word is used as if it were a trigram. The name "yo la tengo" has the trigrams
"yo", "la", "ten", "eng" and "ngo". A trigram is stored as one integer: three code points of 21 bits each. For a word of
one or two letters, the missing code points are 0. The integers have the same sort order as the trigrams.
"""

from __future__ import annotations

from collections.abc import Iterable

LENGTH = 3
LETTER_BITS = 21
LETTER = (1 << LETTER_BITS) - 1
NUL = "\0"  # NUL separates words like a space, because the code point 0 marks the end of a short word


def pack(trigram: str) -> int:
    """Return a trigram, or a word of one or two letters, as an integer."""
    packed = 0
    for letter in trigram.ljust(LENGTH, NUL):
        packed = packed << LETTER_BITS | ord(letter)
    return packed


def unpack(packed: int) -> str:
    """Return the trigram, or the word of one or two letters, that `pack` has packed."""
    letters = (chr(packed >> LETTER_BITS * place & LETTER) for place in reversed(range(LENGTH)))
    return "".join(letters).rstrip(NUL)


def words_in(folded: str) -> list[str]:
    """Return the distinct words of a folded name."""
    return list(dict.fromkeys(folded.replace(NUL, " ").split()))


def trigrams_of(words: Iterable[str]) -> list[str]:
    """Return the distinct trigrams of the given words. Words of one or two letters are ignored."""
    return list(dict.fromkeys(word[at : at + LENGTH] for word in words for at in range(len(word) - LENGTH + 1)))

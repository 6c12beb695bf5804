"""Format text for people: plurals, suggestions, names of settings, and escapes that make names safe to print."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# Characters that can control a terminal or reorder text: controls, lone surrogates, line ends, bidirectional marks.
STEERING = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# A spreadsheet may treat text that starts with one of these characters as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# ASCII punctuation except "+", "-" and "."; in addition, the dot after "www".
MARKUP = re.compile(r"[!-*,/:-@\[-`{-~]|(?<=www)\.", re.IGNORECASE)


def size(number: int) -> str:
    """Format a number of bytes.

    >>> size(36_941), size(2_400_000)
    ('36.9 kB', '2.4 MB')
    """
    unit, bytes_per_unit = ("GB", 1e9) if number >= 1e9 else ("MB", 1e6) if number >= 1e5 else ("kB", 1e3)
    return f"{number / bytes_per_unit:.1f} {unit}"


def duration(seconds: float) -> str:
    """Format a measured time with two digits or more.

    >>> duration(0.74), duration(12.3), duration(400), duration(9000)
    ('0.74 s', '12 s', '6.7 min', '2.5 h')
    """
    number, unit = (
        (seconds, "s") if seconds < 100 else (seconds / 60, "min") if seconds < 6000 else (seconds / 3600, "h")
    )
    return f"{number:.2g} {unit}"


def plural(number: int, noun: str) -> str:
    """Return a number and its noun, in the plural unless the number is 1.

    >>> plural(1, "row"), plural(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def occur(number: int) -> str:
    """Return the verb for a number of things.

    >>> occur(1), occur(2)
    ('occurs', 'occur')
    """
    return "occurs" if number == 1 else "occur"


def decimals(value: float | None) -> str:
    """Return a value with three decimals, or "" for None. A value that is rounded to zero has no sign.

    >>> decimals(0.25), decimals(-0.0004), decimals(-0.0006), decimals(None)
    ('0.250', '0.000', '-0.001', '')
    """
    return "" if value is None else f"{value:z.3f}"


def span(least: int, most: int) -> str:
    """Return text such as "5 to 1,200", or just the number if both ends are equal.

    >>> span(5, 1200), span(9, 9)
    ('5 to 1,200', '9')
    """
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" with the most similar known word, or "" if no known word is similar.

    >>> suggestion("hybird", ["cosine", "hybrid"]), suggestion("xml", ["cosine", "hybrid"])
    ("; did you mean 'hybrid'?", '')
    """
    from difflib import get_close_matches  # imported here because only errors need it

    spelt = {each.casefold(): each for each in known}
    near = get_close_matches(word.casefold(), spelt, 1)
    return f"; did you mean {spelt[near[0]]!r}?" if near else ""


def shell_word(text: str) -> str:
    """Quote a text for a shell.

    Double quotes are used if the text has an apostrophe and none of the characters that are special in double quotes.

    >>> print(shell_word("demo"), shell_word("blinding lights"), shell_word("don't stop"))
    demo 'blinding lights' "don't stop"
    """
    if "'" in text and not set(text) & set('"$`\\!'):
        return f'"{text}"'
    return shlex.quote(text)


def shell_command(*words: str) -> str:
    """Return a command of sgp for messages. Each word is quoted for a shell, so that a copy of the command works.

    >>> print(shell_command("train", "demo", "--force"), "or", shell_command("train", "my music"))
    sgp train demo --force or sgp train 'my music'
    """
    return " ".join(["sgp", *map(shell_word, words)])


@dataclass(frozen=True, slots=True)
class Names:
    """Names settings in the way of one group of users.

    Attributes:
        in_python: whether these are users of the Python package; otherwise they use the command line.
    """

    in_python: bool

    def __call__(self, name: str, value: object = None) -> str:
        """Return the name of a setting or argument and, unless it is None, its value.

        >>> PYTHON("min_count"), PYTHON("min_count", 1), PYTHON("force", True), PYTHON("k")
        ('min_count', 'min_count=1', 'force=True', 'k')
        >>> COMMAND_LINE("min_count"), COMMAND_LINE("min_count", 1), COMMAND_LINE("force", True), COMMAND_LINE("k")
        ('--min-count', '--min-count 1', '--force', '-k')
        """
        if self.in_python:
            return name if value is None else f"{name}={value!r}"
        option = f"--{name.replace('_', '-')}" if len(name) > 1 else f"-{name}"
        if value is None or value is True:
            return option
        if value is False:
            return f"--no-{option.removeprefix('--')}"
        text = str(value)
        return (
            f"{option} {text if '…' in text else shell_word(text)}"  # a text with an ellipsis cannot be copied anyway
        )

    def either(self, python: str, command_line: str) -> str:
        """Return one of two texts, for a difference that is not just the form of a name."""
        return python if self.in_python else command_line


PYTHON, COMMAND_LINE = Names(in_python=True), Names(in_python=False)

# A function that returns a message or a part of one; its argument names the settings in it.
Wording = Callable[[Names], str]


def worded(text: Wording | str, named: Names) -> str:
    """Return a text, which may be the same for all users."""
    return text if isinstance(text, str) else text(named)


def visible(text: str) -> str:
    """Replace control characters and bidirectional marks by Python escapes, so that a text is safe to print.

    >>> visible("red \\x1b[31m alert\\u202e")
    'red \\\\x1b[31m alert\\\\u202e'
    """
    if text.isprintable():
        return text
    return STEERING.sub(lambda found: _escaped(found[0]), text)


def safe_cell(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would read as a formula; return other texts unchanged.

    >>> safe_cell("=1+1"), safe_cell("1=1")
    ("'=1+1", '1=1')
    """
    return "'" + text if text.startswith(FORMULA) else text


def code_span(text: str) -> str:
    """Return a text as inline code in Markdown, so that none of its characters is read as markup.

    >>> code_span("<b>*x*</b>"), code_span("a`b")
    ('`<b>*x*</b>`', '``a`b``')
    """
    text = visible(text)
    fence = "`" * (1 + _longest_run(text))
    padded = text.startswith("`") or text.endswith("`") or (text[:1], text[-1:]) == (" ", " ")
    return f"{fence} {text} {fence}" if padded or not text else f"{fence}{text}{fence}"


def code_block(text: str, language: str) -> str:
    """Return lines as a block of code in Markdown; the fence is longer than any run of backticks in the text."""
    fence = "`" * max(3, 1 + _longest_run(text))
    lines = "\n".join(map(visible, text.splitlines()))
    return f"{fence}{language}\n{lines}\n{fence}"


def markdown_text(text: str) -> str:
    """Escape a text so that Markdown shows it unchanged: no markup, HTML, links or table cells.

    >>> markdown_text("[x](http://y) | a-b 4.0")
    '\\\\[x\\\\]\\\\(http\\\\:\\\\/\\\\/y\\\\) \\\\| a-b 4.0'
    """
    return MARKUP.sub(lambda found: f"\\{found[0]}", visible(text))


def _longest_run(text: str) -> int:
    """Return the length of the longest run of backticks in a text."""
    return max(map(len, re.findall("`+", text)), default=0)


def _escaped(letter: str) -> str:
    """Return a character as a Python escape."""
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")

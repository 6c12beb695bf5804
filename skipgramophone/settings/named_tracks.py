"""Settings that name tracks: a file with one name, uri or id per line, or the names themselves."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from skipgramophone.errors import SettingError
from skipgramophone.settings.value_types import shown

NamedTracks = Collection[str] | Path
STDIN = Path("-")
NOT_NAMES = (bytes, bytearray, Mapping)  # iterable, but not a collection of names


def named_tracks(setting: str, given: object) -> tuple[str, ...] | Path | None:
    """Return the value of a setting that names tracks: a path, or the names as a tuple; None if nothing is given.

    >>> named_tracks("exclude", "14100"), named_tracks("exclude", ["14100", "14101"])
    (('14100',), ('14100', '14101'))

    Args:
        setting: name of the setting, for messages.
        given: a path, a name, or a collection of names, such as a list, a set or a column of a data frame.

    Raises:
        SettingError: the value has another form, or is the path that means standard input.
    """
    if isinstance(given, Path) and given == STDIN:
        raise SettingError("a list of tracks cannot be read from standard input: give a file")
    if given is None or isinstance(given, Path):
        return given
    if isinstance(given, str):
        return (given,)
    is_list = isinstance(given, Iterable) and not isinstance(given, NOT_NAMES)
    names: list[object] = list(given) if isinstance(given, Iterable) and is_list else []
    wrong = [name for name in names if not isinstance(name, str)]
    if not is_list or wrong:
        unfit = shown(wrong[0] if wrong else given)
        within = "a list with " if wrong else ""
        must = "must be a list of names, uris or ids as text, or the Path of a file with one per line, not"
        raise SettingError(f"{setting} {must} {within}{unfit}", f"--{setting}-file {must} {within}{unfit}")
    return tuple(map(str, names))

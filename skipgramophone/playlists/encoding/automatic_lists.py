"""Recognizes names of playlists that a music service or player makes, such as "Discover Weekly" and "Liked Songs".

The tracks of such a list were not chosen to go together: they are recommendations, recent plays, or all tracks that a
person likes. A name is recognized if it is in the lists below, which contain such names in common languages. A date, a
number or a note in brackets may follow the known name.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

# Lists of what a person has liked.
LIKED = (
    "liked songs", "liked from radio", "liked tracks", "loved tracks", "liked music", "liked videos", "your likes",
    "starred", "favorite songs", "favourite songs", "favorite tracks", "favourite tracks", "favorites mix",
    "my shazam tracks", "gillat från radio", "liked from spotify radio",
    "lieblingssongs", "meine shazam-titel", "titres likés", "coups de cœur", "mes titres shazam",
    "canciones que te gustan", "tus me gusta", "favoritas de la radio", "brani che ti piacciono", "i miei brani shazam",
    "músicas curtidas", "músicas de que gostas", "nummers die je leuk vindt", "gillade låtar", "likte sanger",
    "polubione utwory", "beğenilen şarkılar", "tykätyt kappaleet", "oblíbené skladby", "любимые треки", "мне нравится",
    "お気に入りの曲", "좋아요 표시한 곡", "已点赞的歌曲", "已按讚的歌曲",
)  # fmt: skip
# Lists that a service recommends.
RECOMMENDED = (
    "discover weekly", "dein mix der woche", "découvertes de la semaine", "descubrimiento semanal",
    "descobertas da semana", "odkryj w tym tygodniu", "haftalık keşifler", "haftalık keşif", "viikon suositukset",
    "e heti kaland", "每週新發現", "每周新发现",
    "release radar", "radar des sorties", "radar de novedades", "radar de novidades", "radar premier",
    "daily mix", "mix quotidien", "mix diario", "daily drive", "daylist", "tastebreakers",
    "my daily discovery", "my new arrivals", "my mix", "my supermix", "my discovery mix", "discover mix",
    "new release mix", "new music mix", "replay mix", "my soundtrack",
)  # fmt: skip
# Lists of what a person has played or added.
PLAYED = (
    "on repeat", "repeat rewind", "en boucle", "en bucle", "your time capsule", "your summer rewind",
    "your top songs", "deine top-songs", "tes titres préférés de", "vos titres préférés de",
    "tus canciones más escuchadas de", "suas mais tocadas de", "as tuas músicas mais ouvidas de",
    "recently added", "recently played", "top 25 most played", "25 most played", "my top rated", "purchased",
    "purchased music", "zuletzt hinzugefügt", "zuletzt gespielt", "meine top 25", "ajouts récents",
    "écoutés récemment", "25 les plus écoutés", "añadidos recientemente", "aggiunti di recente",
)  # fmt: skip
# What may follow a name: a number or year, a date, or a note in brackets ("Discover Weekly (@someone)").
SUFFIX = r"(\s*[-–—:#]?\s*\d{1,4}([-./]\d{1,2}){0,2}([-./]\d{2,4})?)?(\s*[(\[].*[)\]])?"
PATTERN = rf"^({'|'.join(name.replace('.', '[.]') for name in (*LIKED, *RECOMMENDED, *PLAYED))}){SUFFIX}$"


def is_automatic(names: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Return which names belong to lists that a service or player makes, bool (names,).

    Args:
        names: names of playlists, large_string.

    >>> is_automatic(pa.array(["Daily Mix 1", "Discover Weekly (@ann)", "On Repeat for days", "Your Top Songs 2020"]))
    array([ True,  True, False,  True])
    """
    lowered = pc.utf8_trim_whitespace(pc.utf8_lower(pc.utf8_normalize(names, "NFC")))
    return np.array(
        pc.match_substring_regex(lowered, PATTERN).fill_null(False).to_numpy(zero_copy_only=False), np.bool_
    )

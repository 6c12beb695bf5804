"""Recognizes names that do not mean one artist: "Various Artists" in several languages, and "Unknown Artist"."""

from __future__ import annotations

from skipgramophone.names.normalization import fold_name

MANY = """\
Various Artists; Various Artist; Various; V.A.; VA; V/A
Verschiedene Interpreten; Verschiedene Künstler; Diverse Interpreten; Diverse Künstler
Artistes variés; Artistes divers; Divers artistes; Multi-interprètes; Multi-artistes
Varios artistas; Artistas varios; Varios intérpretes; VV.AA.; Varios
Vários artistas; Artistas vários; Vários intérpretes; Vários
Artisti vari; Vari artisti; AA.VV.; AA. VV.; AAVV
Diverse artiesten; Verschillende artiesten; Diverse artister; Diverse kunstnere; Blandade artister; Eri esittäjiä
Różni wykonawcy; Różni artyści; Různí interpreti; Různí umělci; Rôzni interpreti; Különböző előadók; Diverși artiști
Çeşitli Sanatçılar; Διάφοροι καλλιτέχνες; Разные исполнители; Различные исполнители; Сборник; Різні виконавці
ヴァリアス・アーティスト; ヴァリアス・アーティスツ; オムニバス; 群星; 华语群星; 여러 아티스트; Berbagai artis
Unknown Artist; [unknown]; <unknown>; Unbekannter Künstler; Artiste inconnu; Artista desconocido"""
NOBODY = frozenset(fold_name(name) for line in MANY.splitlines() for name in line.split(";"))


def is_nobody(artist: str) -> bool:
    """Whether a folded artist name means many artists or an unknown artist.

    >>> is_nobody(fold_name("Vários Artistas")), is_nobody(""), is_nobody("varius manx")
    (True, True, False)
    """
    return not artist or artist in NOBODY

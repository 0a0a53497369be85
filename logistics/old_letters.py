"""Vietnamese written for the fonts of before Unicode: TCVN3 (ABC, .VnTime) and VNI show as symbols among letters.

Stored as they are, such names can never be searched nor read without the font. They are told apart by symbols where
letters belong, and only when what they stand for is a Vietnamese syllable: “Gạo” for “G¹o” and “Gaïo”, never “µg”.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

# TCVN 5712:1993, VN3, as Windows shows its bytes (code page 1252), and what each stands for.
_TCVN3: Final = dict(
    zip(
        "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ¡¢§£¤¥¦",
        "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂĐÊÔƠƯ",
        strict=True,
    )
)
# VNI-Windows: a letter and a mark behind it, or one letter for both.
_MARKS: Final = {
    "a": ("ùøûõïâáàåãäêéèúüë", "áàảãạâấầẩẫậăắằẳẵặ"),
    "e": ("ùøûõïâáàåãä", "éèẻẽẹêếềểễệ"),
    "o": ("ùøûõïâáàåãä", "óòỏõọôốồổỗộ"),
    "ô": ("ùøûõï", "ớờởỡợ"),
    "u": ("ùøûõï", "úùủũụ"),
    "ö": ("ùøûõï", "ứừửữự"),
    "y": ("ùøûõ", "ýỳỷỹ"),
}
_PAIRS: Final = {
    letter + mark: written
    for letter, (marks, letters) in _MARKS.items()
    for mark, written in zip(marks, letters, strict=True)
}
_SINGLE: Final = {"ñ": "đ", "ö": "ư", "ô": "ơ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
_VNI: Final = {
    shape(old): shape(new)
    for table in (_PAIRS, _SINGLE)
    for old, new in table.items()
    for shape in (str, str.upper, str.capitalize)
}
_VNI_PART: Final = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))

# What no Unicode text has: a symbol between letters, or before the first of a word; a mark that no vowel takes.
_SHOWS_TCVN3: Final = re.compile(
    r"[A-Za-z][¹¸µ¶»¼½¾¨©ª«¬®][A-Za-z]"
    r"|[A-Za-z][¹¸¶·¨ª«¬](?!\w)"
    r"|(?<![A-Za-z0-9])[®§](?=[A-Za-zÀ-ÿ¨ª«¬\xadµ¸¹])"
)
_SHOWS_VNI: Final = re.compile(r"[aeouyöô][ùøûõï]", re.IGNORECASE)
# A syllable without its marks; one that ends in a stop has no tone but sắc and nặng.
_SYLLABLE: Final = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?"
    r"(?:(?:uye|ie|ye|oa|oe|oo|ua|ue|uo|uy|[aeiouy])(?P<stop>ch|[cpt])|"
    r"(?:uye|ie|ye|oa|oe|oo|ua|ue|uo|uy|[aeiouy])(?:ng|nh|[mn])|[aeiouy]{1,3})",
    re.IGNORECASE,
)
_LETTERS: Final = frozenset("abcdeghiklmnopqrstuvxy") | frozenset(_TCVN3.values())
_TONES_OF_NO_STOP: Final = frozenset("\u0300\u0303\u0309")  # huyền, ngã, hỏi


TCVN3: Final = "TCVN3"
VNI: Final = "VNI"


def letters_of(text: str) -> str:
    """Return TCVN3 or VNI where a text certainly is in its letters, '' where it is not."""
    return "" if text.isascii() else _letters_of(text)


@lru_cache(maxsize=10_000)  # the same goods come again and again
def _letters_of(text: str) -> str:
    for name, shows in ((TCVN3, _SHOWS_TCVN3), (VNI, _SHOWS_VNI)):
        words = [word for word in text.split() if shows.search(word)]
        if words and all(_is_syllable(_read(word, name)) for word in words):
            return name
    return ""


def in_unicode(text: str, letters: str) -> str:
    """Return what a text says that is in the letters of TCVN3 or VNI, '' where it is Vietnamese as it stands."""
    told = _read(text, letters)
    changed = [(old, new) for old, new in zip(text.split(), told.split(), strict=True) if old != new]
    if all(_is_syllable(old) for old, _new in changed) or not all(_is_syllable(new) for _old, new in changed):
        return ""
    return told


def _read(text: str, letters: str) -> str:
    if letters == TCVN3:
        return "".join(_TCVN3.get(letter, letter) for letter in text)
    return _VNI_PART.sub(lambda part: _VNI[part[0]], text)


def _is_syllable(word: str) -> bool:
    word = word.strip(".,;:()[]/\\\"'-+&0123456789")
    if any(letter not in _LETTERS for letter in word.lower()):
        return False
    letters = unicodedata.normalize("NFD", word.lower().replace("đ", "d"))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    found = _SYLLABLE.fullmatch(bare)
    return found is not None and not (found["stop"] and _TONES_OF_NO_STOP & set(letters))

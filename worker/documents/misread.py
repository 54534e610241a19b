"""Tell text that was misread from text that was written: scanners hide the text of their own OCR behind a picture.

It judges words of Latin letters by their form alone, so it needs no dictionary. Other scripts that an English OCR
engine read as Latin letters look misread, too: `PaJ,Qen`. Text in other scripts cannot be judged, and passes. A page
without enough words has a table of numbers, or noise: stray marks, and letters within numbers.
"""

import re
from typing import Final

_SAMPLE_CHARACTERS: Final = 2_000  # characters read of a page: enough to know, and a tenth of the time
_MIN_SHARE: Final = 0.2  # the share of odd words; pages of codes, names and lists have up to a fifth
_MIN_WORDS: Final = 10  # fewer cannot be judged
_MARKS: Final = ".,;:!?()[]{}\"'\u201c\u201d\u2018\u2019-\u2013\u2014/*&%$#@"
_SINGLE_WORDS: Final = frozenset("aAIiyeouàáéóAOE&")  # words of one letter in some language
_MIXED_CASE: Final = re.compile(r"[a-z][A-Z](?![a-z]+$)")
_MARK_INSIDE: Final = re.compile(r"[^\W\d_][^\w\s'\u2019.\-/&@\u00b7][^\W\d_]")
_LATIN_LETTER: Final = re.compile("[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
_NOISE: Final = re.compile(r"[.,:;'\"!?%]{1,2}|.*\d[IlOo]+\d.*")  # a dash or a row of dots may fill an empty cell
_VOWEL: Final = re.compile(r"[aeiouyàáâäãåæèéêëìíîïòóôöøùúûü]", re.IGNORECASE)
_MIN_CONSONANTS: Final = 3


def seems_misread(text: str) -> bool:
    """Whether more words are odd than in any written text."""
    sample = text[:_SAMPLE_CHARACTERS]
    if not _is_latin(sample):
        return False
    parts = sample.split()
    words = [word.strip(_MARKS) for word in parts]
    words = [word for word in words if _LATIN_LETTER.search(word) and 2 * sum(map(str.isalpha, word)) >= len(word)]
    if len(words) >= _MIN_WORDS:
        return sum(map(_is_odd, words)) >= _MIN_SHARE * len(words)
    return len(parts) >= _MIN_WORDS and sum(map(_is_noise, parts)) >= _MIN_SHARE * len(parts)


def _is_latin(text: str) -> bool:
    """Whether at least half of the letters are Latin ones."""
    return 2 * len(_LATIN_LETTER.findall(text)) >= sum(map(str.isalpha, text))


def _is_noise(part: str) -> bool:
    return bool(_NOISE.fullmatch(part))


def _is_odd(word: str) -> bool:
    if len(word) == 1:
        return word not in _SINGLE_WORDS
    has_no_vowel = word.isascii() and len(word) >= _MIN_CONSONANTS and not word.isupper() and not _VOWEL.search(word)
    return bool(has_no_vowel or _MIXED_CASE.search(word) or _MARK_INSIDE.search(word))

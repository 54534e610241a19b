"""Tell text that was misread from text that was written: scanners hide the text of their own OCR behind a picture.

It judges words of Latin letters only by their form, so it needs no dictionary and knows no language. Other scripts that
an English OCR engine read as Latin letters look misread, too: `PaJ,Qen`.
"""

import re
from typing import Final

_SAMPLE_CHARACTERS: Final = 2_000  # of a page: enough to know, and a tenth of the time
_MIN_SHARE: Final = 0.2  # of odd words; pages of codes, names and lists have up to a fifth
_MIN_WORDS: Final = 10  # a page of at least that many characters in between has them
_FEW_WORDS_CHARACTERS: Final = 60
_MARKS: Final = ".,;:!?()[]{}\"'\u201c\u201d\u2018\u2019-\u2013\u2014/*&%$#@"
_SINGLE_WORDS: Final = frozenset("aAIiyeouàáéóAOE&")  # words of one letter in some language
_MIXED_CASE: Final = re.compile(r"[a-z][A-Z](?![a-z]+$)")
_MARK_INSIDE: Final = re.compile(r"[^\W\d_][^\w\s'\u2019.\-/&@\u00b7][^\W\d_]")
_VOWEL: Final = re.compile(r"[aeiouyàáâäãåæèéêëìíîïòóôöøùúûü]", re.IGNORECASE)
_MIN_CONSONANTS: Final = 3


def seems_misread(text: str) -> bool:
    """Whether more words are odd than a writer would write."""
    words = [word.strip(_MARKS) for word in text[:_SAMPLE_CHARACTERS].split()]
    words = [word for word in words if 2 * sum(letter.isalpha() for letter in word) >= max(len(word), 1)]
    if len(words) < _MIN_WORDS:
        return len(text) >= _FEW_WORDS_CHARACTERS
    return sum(map(_is_odd, words)) >= _MIN_SHARE * len(words)


def _is_odd(word: str) -> bool:
    if len(word) == 1:
        return word not in _SINGLE_WORDS
    has_no_vowel = word.isascii() and len(word) >= _MIN_CONSONANTS and not word.isupper() and not _VOWEL.search(word)
    return bool(has_no_vowel or _MIXED_CASE.search(word) or _MARK_INSIDE.search(word))

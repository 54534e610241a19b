"""Find known phrases in a text, whatever its case, accents, and the blanks, dots and hyphens between words."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

_BASES: Final = (
    ("a", "àáâãäåāăą"),
    ("c", "çćč"),
    ("d", "ď"),
    ("e", "èéêëēėęě"),
    ("g", "ğ"),
    ("i", "ìíîïī"),
    ("l", "ł"),
    ("n", "ñńň"),
    ("o", "òóôõöøōő"),
    ("r", "ř"),
    ("s", "śšş"),
    ("t", "ťţ"),
    ("u", "ùúûüūůű"),
    ("y", "ýÿ"),
    ("z", "źżž"),
    ("'", "\u2018\u2019\u00b4"),
    ("\u00b0", "º"),
    (" ", "\u00a0\u202f\u2009\t"),
    ("-", "\u2010\u2011\u2012\u2013\u2014\u2212"),
)
_FOLDED_LETTERS: Final = str.maketrans(
    {form: base for base, letters in _BASES for one in letters for form in {one, one.upper()} if len(form) == 1}
    | {chr(code): chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}
)
_GAP: Final = re.compile(r"[\s.-]+")


def fold_letters(text: str) -> str:
    """Return the text in small letters without accents; each character stays in its place."""
    return text.translate(_FOLDED_LETTERS)


@dataclass(frozen=True)
class Match:
    """A phrase of a kind, and its place in the text."""

    kind: str
    start: int
    end: int


class Phrases:
    """Phrases with their kinds. If several match, the longest counts."""

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        """Compile the phrases by kind; a phrase of two kinds has the first one."""
        self._kinds: dict[str, str] = {}
        for kind, some in phrases.items():
            for phrase in some:
                self._kinds.setdefault(_key(fold_letters(phrase)), kind)
        tree = _Tree.of(fold_letters(phrase) for some in phrases.values() for phrase in some)
        self._pattern: Final = re.compile(rf"(?<![a-z0-9]){tree.pattern()}(?![a-z])") if self._kinds else None

    def find(self, folded: str) -> list[Match]:
        """Return the phrases of a folded text from left to right."""
        if self._pattern is None:
            return []
        found = self._pattern.finditer(folded)
        return [Match(self._kinds[_key(match[0])], match.start(), match.end()) for match in found]


class _Tree:
    """A tree of characters: its pattern fails at the first character that no phrase has there."""

    def __init__(self) -> None:
        self.children: dict[str, _Tree] = {}
        self.is_end = False

    @classmethod
    def of(cls, phrases: Iterable[str]) -> Self:
        root = cls()
        for phrase in phrases:
            node: _Tree = root
            for character in _GAP.sub(" ", phrase.strip()).rstrip():
                node = node.children.setdefault(character, _Tree())
            node.is_end = True
        return root

    def pattern(self) -> str:
        if not self.children:
            return ""
        some = "|".join(
            (r"[\s.-]{0,3}" if character == " " else re.escape(character)) + child.pattern()
            for character, child in sorted(self.children.items(), key=lambda item: item[0] == " ")
        )
        return f"(?:{some})?" if self.is_end else f"(?:{some})"


def _key(folded: str) -> str:
    return _GAP.sub("", folded)

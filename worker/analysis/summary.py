"""A summary of a document's own sentences: those that have most in common with the others, in their order.

This is TextRank over TF-IDF. It is not understanding: of a page of figures it makes a list of figures.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from contract.reading import PageText

_SENTENCES: Final = 4
_LONGEST: Final = 800  # characters of the whole
_SHORTEST: Final = 4  # words: fewer is a heading
_LONG: Final = 60  # words: more is a table that was read as one sentence
_AT_ONCE: Final = 200  # sentences that are compared with each other: the work grows with the square
_SAME: Final = 0.5  # of likeness: such a sentence adds nothing
_ROUNDS: Final = 20
_DAMPING: Final = 0.85  # as in the paper on PageRank
_END: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"“(])|\n{2,}")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")

type Vector = dict[str, float]


def summarize(pages: Iterable[PageText]) -> str:
    """Return the summary, or nothing if there are no sentences."""
    sentences = list(dict.fromkeys(sentence for page in pages for sentence in sentences_of(page.text)))
    kept: list[str] = []
    for sentence in best(sentences, _SENTENCES):
        if sum(map(len, kept)) + len(sentence) <= _LONGEST:
            kept.append(sentence)
    return " ".join(one if one.endswith((".", "!", "?")) else f"{one};" for one in kept).rstrip(";")


def sentences_of(text: str) -> list[str]:
    """Return what reads as sentences; where there are none, the lines."""
    flowing = re.sub(r"(?<=[\w,;\u2013-])[ \t]*\n(?=[a-z(])", " ", text)  # a line that goes on with a small letter
    found = [" ".join(part.split()) for line in flowing.splitlines() for part in _END.split(line)]
    return [sentence for sentence in found if _SHORTEST <= len(sentence.split()) <= _LONG]


def best(sentences: Sequence[str], count: int) -> list[str]:
    """Return the best ones in their order; of very many, the best of each part first."""
    while len(sentences) > _AT_ONCE:
        parts = [sentences[start : start + _AT_ONCE] for start in range(0, len(sentences), _AT_ONCE)]
        sentences = [one for part in parts for one in _top(part, max(count, len(part) // 10))]
    return _top(sentences, count)


def _top(sentences: Sequence[str], count: int) -> list[str]:
    vectors = _vectors(sentences)
    scores = _ranked(vectors)
    chosen: list[int] = []
    for index in sorted(range(len(sentences)), key=lambda index: (-scores[index], index)):
        if len(chosen) < count and all(_likeness(vectors[index], vectors[other]) < _SAME for other in chosen):
            chosen.append(index)
    return [sentences[index] for index in sorted(chosen)]


def _likeness(one: Vector, other: Vector) -> float:
    return sum(weight * other.get(word, 0.0) for word, weight in one.items())


def _vectors(sentences: Sequence[str]) -> list[Vector]:
    """Return TF-IDF vectors of length one."""
    words = [Counter(_WORD.findall(sentence.lower())) for sentence in sentences]
    seen = Counter(word for counted in words for word in counted)
    vectors = []
    for counted in words:
        raw = {word: n * math.log(1 + len(words) / seen[word]) for word, n in counted.items()}
        norm = math.sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        vectors.append({word: weight / norm for word, weight in raw.items()})
    return vectors


def _ranked(vectors: Sequence[Vector]) -> list[float]:
    """Let each sentence share its rank among those that it resembles, until that settles."""
    links = _links(vectors)
    count = len(vectors)
    ranks = [1.0] * count
    for _ in range(_ROUNDS):
        given = [0.0] * count
        for source, targets in enumerate(links):
            total = sum(targets.values()) or 1.0
            for target, weight in targets.items():
                given[target] += ranks[source] * weight / total
        ranks = [1 - _DAMPING + _DAMPING * share for share in given]
    return ranks


def _links(vectors: Sequence[Vector]) -> list[dict[int, float]]:
    holders: dict[str, list[int]] = defaultdict(list)
    for index, vector in enumerate(vectors):
        for word in vector:
            holders[word].append(index)
    links: list[dict[int, float]] = []
    for index, vector in enumerate(vectors):
        found = defaultdict[int, float](float)
        for word, weight in vector.items():
            for other in holders[word]:
                if other != index:
                    found[other] += weight * vectors[other][word]
        links.append(found)
    return links

"""Summarize a document by its most representative sentences, in their order.

This is TextRank over TF-IDF, without any understanding: a page of figures becomes a list of figures.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from contract.reading import PageText

_SENTENCES: Final = 4
_MAX_CHARACTERS: Final = 800  # of the summary
_MIN_WORDS: Final = 4  # fewer is a heading
_MAX_WORDS: Final = 60  # more is a table that was read as one sentence
_MAX_COMPARED_SENTENCES: Final = 200  # sentences: comparing all pairs takes time with the square of their number
_MAX_SIMILARITY: Final = 0.5  # to a chosen sentence: a closer one adds nothing
_ROUNDS: Final = 20
_DAMPING: Final = 0.85  # as in the paper on PageRank
_END: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"“(])|\n{2,}")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")

type Vector = dict[str, float]


def summarize(pages: Iterable[PageText]) -> str:
    """Return the summary, or an empty text if there are no sentences."""
    sentences = list(dict.fromkeys(sentence for page in pages for sentence in split_sentences(page.text)))
    kept: list[str] = []
    for sentence in choose_best(sentences, _SENTENCES):
        if sum(map(len, kept)) + len(sentence) <= _MAX_CHARACTERS:
            kept.append(sentence)
    return " ".join(one if one.endswith((".", "!", "?")) else f"{one};" for one in kept).rstrip(";")


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text, and its lines where there are none."""
    flowing = re.sub(r"(?<=[\w,;\u2013-])[ \t]*\n(?=[a-z(])", " ", text)  # the sentence continues
    sentences = [" ".join(part.split()) for line in flowing.splitlines() for part in _END.split(line)]
    return [sentence for sentence in sentences if _MIN_WORDS <= len(sentence.split()) <= _MAX_WORDS]


def choose_best(sentences: Sequence[str], count: int) -> list[str]:
    """Return the best ones in their order; of very many, choose the best of each part first."""
    while len(sentences) > _MAX_COMPARED_SENTENCES:
        parts = [
            sentences[start : start + _MAX_COMPARED_SENTENCES]
            for start in range(0, len(sentences), _MAX_COMPARED_SENTENCES)
        ]
        sentences = [one for part in parts for one in _choose_top(part, max(count, len(part) // 10))]
    return _choose_top(sentences, count)


def _choose_top(sentences: Sequence[str], count: int) -> list[str]:
    vectors = _to_vectors(sentences)
    scores = _rank(vectors)
    chosen: list[int] = []
    for index in sorted(range(len(sentences)), key=lambda index: (-scores[index], index)):
        if len(chosen) < count and all(
            _similarity(vectors[index], vectors[other]) < _MAX_SIMILARITY for other in chosen
        ):
            chosen.append(index)
    return [sentences[index] for index in sorted(chosen)]


def _similarity(one: Vector, other: Vector) -> float:
    return sum(weight * other.get(word, 0.0) for word, weight in one.items())


def _to_vectors(sentences: Sequence[str]) -> list[Vector]:
    """Return TF-IDF vectors of length one."""
    words = [Counter(_WORD.findall(sentence.lower())) for sentence in sentences]
    seen = Counter(word for counted in words for word in counted)
    vectors = []
    for counted in words:
        raw = {word: n * math.log(1 + len(words) / seen[word]) for word, n in counted.items()}
        norm = math.sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        vectors.append({word: weight / norm for word, weight in raw.items()})
    return vectors


def _rank(vectors: Sequence[Vector]) -> list[float]:
    """Spread each sentence's rank among similar ones until the ranks settle."""
    links = _link(vectors)
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


def _link(vectors: Sequence[Vector]) -> list[dict[int, float]]:
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

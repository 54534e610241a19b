"""Split a document into chunks for a model: as many whole pages as fit; a longer page is split at its lines.

Chunks never overlap, so that nothing is found twice. A document always has the same chunks, so that paid answers are
found again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Self

from contract.reading import PageText

MAX_CHARACTERS: Final = 16_000  # the longest chunk: 4,000 to 6,000 tokens, which every model takes and reads with care
MIN_CHARACTERS: Final = 400  # a smaller chunk is not split


@dataclass(frozen=True)
class Piece:
    """A page, or some lines of it."""

    page: int
    text: str


@dataclass(frozen=True)
class Chunk:
    """The text of one question."""

    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        """The number of its characters."""
        return sum(len(piece.text) for piece in self.pieces)

    def halves(self) -> tuple[Self, Self] | None:
        """Return the chunk as two, split between pages or else between lines, unless it is too small."""
        if self.size < MIN_CHARACTERS:
            return None
        if len(self.pieces) == 1:
            [piece] = self.pieces
            first = next(_split_text(piece.text, len(piece.text) // 2 + 1))
            parts = (first, piece.text[len(first) :])
            return self._of(Piece(piece.page, parts[0])), self._of(Piece(piece.page, parts[1]))
        sizes = list(accumulate(len(piece.text) for piece in self.pieces))
        cut = next(index for index, size in enumerate(sizes, start=1) if 2 * size >= self.size)
        cut = min(cut, len(self.pieces) - 1)
        return self._of(*self.pieces[:cut]), self._of(*self.pieces[cut:])

    @classmethod
    def _of(cls, *pieces: Piece) -> Self:
        return cls(pieces)


def split_pages(pages: Iterable[PageText], max_characters: int = MAX_CHARACTERS) -> list[Chunk]:
    """Return the pages that have text as chunks."""
    chunks: list[Chunk] = []
    packed: list[Piece] = []
    for piece in _split_into_pieces(pages, max_characters):
        if packed and sum(len(one.text) for one in packed) + len(piece.text) > max_characters:
            chunks.append(Chunk(tuple(packed)))
            packed = []
        packed.append(piece)
    return [*chunks, Chunk(tuple(packed))] if packed else chunks


def _split_into_pieces(pages: Iterable[PageText], max_characters: int) -> Iterator[Piece]:
    for page in pages:
        if page.text.strip():
            yield from (Piece(page.number, text) for text in _split_text(page.text, max_characters))


def _split_text(text: str, max_characters: int) -> Iterator[str]:
    """Yield the text in parts, split after a line if possible."""
    while len(text) > max_characters:
        line = text.rfind("\n", 0, max_characters) + 1
        cut = line if line > max_characters // 2 else max_characters
        yield text[:cut]
        text = text[cut:]
    yield text

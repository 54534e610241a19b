"""A document in parts that a model reads at once: whole pages, as many as fit; of a longer page, its lines.

Parts never overlap, so that nothing is found twice, and the same document always has the same parts, so that what was
paid for one is found again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Self

from contract.reading import PageText

MAX_CHARACTERS: Final = 16_000  # characters: some 4,000 to 6,000 tokens, which every model takes and reads with care
MIN_CHARACTERS: Final = 400  # what is smaller is not split any more


@dataclass(frozen=True)
class Piece:
    """A page, or some lines of it."""

    page: int
    text: str


@dataclass(frozen=True)
class Chunk:
    """What is read at once."""

    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        """Its characters."""
        return sum(len(piece.text) for piece in self.pieces)

    def halves(self) -> tuple[Self, Self] | None:
        """Return it as two, at a border of pages or else of lines, if it is not too small for that."""
        if self.size < MIN_CHARACTERS:
            return None
        if len(self.pieces) == 1:
            [piece] = self.pieces
            first = next(_lines_of(piece.text, len(piece.text) // 2 + 1))
            parts = (first, piece.text[len(first) :])
            return self._of(Piece(piece.page, parts[0])), self._of(Piece(piece.page, parts[1]))
        so_far = list(accumulate(len(piece.text) for piece in self.pieces))
        cut = next(index for index, size in enumerate(so_far, start=1) if 2 * size >= self.size)
        cut = min(cut, len(self.pieces) - 1)
        return self._of(*self.pieces[:cut]), self._of(*self.pieces[cut:])

    @classmethod
    def _of(cls, *pieces: Piece) -> Self:
        return cls(pieces)


def split_pages(pages: Iterable[PageText], most: int = MAX_CHARACTERS) -> list[Chunk]:
    """Return the pages that have text, packed."""
    chunks: list[Chunk] = []
    packed: list[Piece] = []
    for piece in _pieces(pages, most):
        if packed and sum(len(one.text) for one in packed) + len(piece.text) > most:
            chunks.append(Chunk(tuple(packed)))
            packed = []
        packed.append(piece)
    return [*chunks, Chunk(tuple(packed))] if packed else chunks


def _pieces(pages: Iterable[PageText], most: int) -> Iterator[Piece]:
    for page in pages:
        if page.text.strip():
            yield from (Piece(page.number, text) for text in _lines_of(page.text, most))


def _lines_of(text: str, most: int) -> Iterator[str]:
    """Give the text in parts of at most so many characters, cut behind a line if there is one."""
    while len(text) > most:
        line = text.rfind("\n", 0, most) + 1
        cut = line if line > most // 2 else most
        yield text[:cut]
        text = text[cut:]
    yield text

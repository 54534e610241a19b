"""Find the box around a quote on its page, so that a viewer can mark it.

The boxes of words on recognized pages, and of a short document of one page, are known. Those of other text layers are
looked up in a child process, for the few pages with findings: boxes for all words of all pages would make reading three
times as slow. A repeated quote gets the box of its first occurrence as whole words, or else of its first occurrence:
each occurrence supports the value. A quote that is not found gets no box, which is better than a wrong one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from durable import Limits
from worker.documents import pdf
from worker.documents.boxes import Box, Word, bounding_box

from .quotes import fold

_DIGITS: Final = 4  # of a share of the page: a fiftieth of a millimeter on A4
SEARCH_LIMITS: Final = Limits(memory=768 * 2**20, cpu=20, wall=120)  # as for a survey


@dataclass(frozen=True)
class PageQuote:
    """A quote and its page."""

    page: int
    text: str


@dataclass(frozen=True, kw_only=True)
class QuoteSearch:
    """Quotes to find in a PDF, and its password if it needs one."""

    path: str
    quotes: tuple[PageQuote, ...]
    password: str | None = field(default=None, repr=False)


class PageWords:
    """The words of a page, in which quotes are looked up. The lookup ignores the same differences as `quotes`."""

    def __init__(self, words: Sequence[Word]) -> None:
        parts = [fold(word.text) for word in words]
        self._boxes: Final = [word.box for word in words]
        self._text: Final = "".join(parts)
        self._ends: Final = list(accumulate(len(part) for part in parts))
        self._starts: Final = [0, *self._ends[:-1]]
        self._borders: Final = {0, *self._ends}

    def box(self, quote: str) -> Box | None:
        """Return the box around the quote, if the page has it."""
        wanted = fold(quote)
        found = list(self._find_all(wanted)) if wanted else []
        if not found:
            return None
        start = next((at for at in found if self._is_whole(at, at + len(wanted))), found[0])
        first, last = bisect_right(self._starts, start) - 1, bisect_left(self._ends, start + len(wanted))
        left, top, right, bottom = (_clip(side) for side in bounding_box(self._boxes[first : last + 1]))
        return left, top, right, bottom

    def _find_all(self, wanted: str) -> Iterator[int]:
        at = self._text.find(wanted)
        while at >= 0:
            yield at
            at = self._text.find(wanted, at + 1)

    def _is_whole(self, start: int, end: int) -> bool:
        return start in self._borders and end in self._borders


def _clip(side: float) -> float:
    """Round a side and keep it on the page: the edge may cut a word."""
    return round(min(max(side, 0.0), 1.0), _DIGITS)


def find_quotes(search: QuoteSearch) -> list[Box | None]:
    """Return the box of each quote in the text layer of its page. It runs in a child process."""
    with pdf.open_pdf(search.path, search.password) as document:
        numbers = {quote.page for quote in search.quotes}
        pages = {number: PageWords(document.words(number)) for number in sorted(numbers)}
    return [pages[quote.page].box(quote.text) for quote in search.quotes]

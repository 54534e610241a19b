"""Where on its page a quote stands, so that a viewer can mark it: the box around its words.

Words of recognized pages are known; those of a text layer are looked up, in a child process, on the few pages that
something was found on: to know where all words of all pages stand would make reading them three times as slow.
What stands in several places is shown where it stands first, and as whole words before parts of them: each place bears
the value out. What is not found has no box: none is better than a wrong one.
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

_DIGITS: Final = 4  # of a share: a fiftieth of a millimeter on A4
SEARCH_LIMITS: Final = Limits(memory=768 * 2**20, cpu=20, wall=240)  # as the survey, of which this is the slow part


@dataclass(frozen=True)
class PageQuote:
    """What was quoted, and from which page."""

    page: int
    text: str


@dataclass(frozen=True, kw_only=True)
class QuoteSearch:
    """Quotes of a PDF, and what opens that if it is locked."""

    path: str
    quotes: tuple[PageQuote, ...]
    password: str | None = field(default=None, repr=False)


class PageWords:
    """The words of a page, to look quotes up in. Blanks, case and dashes do not count, as in `quotes`."""

    def __init__(self, words: Sequence[Word]) -> None:
        parts = [fold(word.text) for word in words]
        self._boxes: Final = [word.box for word in words]
        self._text: Final = "".join(parts)
        self._ends: Final = list(accumulate(len(part) for part in parts))
        self._starts: Final = [0, *self._ends[:-1]]
        self._borders: Final = {0, *self._ends}

    def box(self, quote: str) -> Box | None:
        """Return the box around the quote, if it stands here."""
        wanted = fold(quote)
        found = list(self._found(wanted)) if wanted else []
        if not found:
            return None
        start = next((at for at in found if self._is_whole(at, at + len(wanted))), found[0])
        first, last = bisect_right(self._starts, start) - 1, bisect_left(self._ends, start + len(wanted))
        left, top, right, bottom = (_on_page(side) for side in bounding_box(self._boxes[first : last + 1]))
        return left, top, right, bottom

    def _found(self, wanted: str) -> Iterator[int]:
        at = self._text.find(wanted)
        while at >= 0:
            yield at
            at = self._text.find(wanted, at + 1)

    def _is_whole(self, start: int, end: int) -> bool:
        return start in self._borders and end in self._borders


def _on_page(side: float) -> float:
    """Return it in a short form, and within the page: a word may be cut by its edge."""
    return round(min(max(side, 0.0), 1.0), _DIGITS)


def find_quotes(search: QuoteSearch) -> list[Box | None]:
    """Return where each quote stands in the text that its page carries. It is for a child process."""
    with pdf.open_pdf(search.path, search.password) as document:
        numbers = {quote.page for quote in search.quotes}
        pages = {number: PageWords(document.words(number)) for number in sorted(numbers)}
    return [pages[quote.page].box(quote.text) for quote in search.quotes]

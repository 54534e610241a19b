"""Opens the recognition that was chosen: a child process for each batch of pages, or Textract.

Only what is chosen is imported and kept in memory: with Textract no child loads a model.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contract.reading import Original, PageText
from worker.ledger import Ledger
from worker.store import Store

from .choice import Choice, Recognizer
from .pages import Carried, See, see_in_child

type OpenFile = Callable[[], AbstractAsyncContextManager[Path]]


class UnfitError(Exception):
    """Nobody reads this document as a whole; its text says why. Its pages may be read all the same."""


class ReadWhole(Protocol):
    """Has documents read where they lie, as a whole."""

    def suits(self, original: Original, carried: Carried) -> bool:
        """Whether it is possible, and worth it."""

    async def read(self, original: Original, pages: tuple[int, ...], open_file: OpenFile) -> list[PageText]:
        """Return those of the pages that could be read, once all is read: until then an error says to come later."""


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """Who sees pages, and who sees whole documents if anybody does."""

    see: See = see_in_child
    whole: ReadWhole | None = None


def open_recognition(choice: Choice, store: Store) -> Recognition:
    """Return it; what is paid for is kept in the store."""
    if choice.recognizer is not Recognizer.TEXTRACT:
        return Recognition()
    from .textract.client import Textract, open_client  # noqa: PLC0415 see above
    from .textract.single import SinglePages  # noqa: PLC0415
    from .textract.whole import WholeDocuments  # noqa: PLC0415

    textract, ledger = Textract(open_client()), Ledger(store)
    return Recognition(see=SinglePages(textract, ledger), whole=WholeDocuments(textract, ledger, store.in_s3))

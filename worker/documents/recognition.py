"""Opens the recognition that was chosen: a child process for each batch of pages, or Textract.

Only what is chosen is imported and kept in memory: with Textract no child loads a model.
"""

from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger

from .choice import Choice, Recognizer
from .pages import See, see_in_child


def open_recognition(choice: Choice, store: Store) -> See:
    """Return what sees pages; what is paid for is kept in the store."""
    if choice.recognizer is not Recognizer.TEXTRACT:
        return see_in_child
    from .textract.client import Textract, open_client  # noqa: PLC0415 see above
    from .textract.single import SinglePages  # noqa: PLC0415

    return SinglePages(Textract(open_client()), Ledger(store))

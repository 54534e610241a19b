"""A child process for a document: when it hits a limit, that says something about the document."""

from collections.abc import Callable
from typing import Final

from contract.codes import Code
from durable import errors
from durable.children import run_in_child
from durable.errors import PermanentError
from durable.limits import Limits

_HIT: Final = {
    errors.Code.CHILD_MEMORY,
    errors.Code.CHILD_CPU,
    errors.Code.CHILD_FILE_SIZE,
    errors.Code.CHILD_ANSWER,
    errors.Code.CHILD_CRASHED,  # pdfium aborts when memory is short
}


async def limited[A, R](work: Callable[[A], R], request: A, limits: Limits) -> R:
    """Call a function in a child process, and turn the limits that it hits into the document's fault."""
    try:
        return await run_in_child(work, request, limits=limits)
    except PermanentError as exc:
        if exc.code not in _HIT:
            raise
        raise PermanentError(Code.TOO_COMPLEX, f"reading the document needs more than it may: {exc.message}") from exc

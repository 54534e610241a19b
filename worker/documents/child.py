"""A child process for a document: when it hits a limit, that says something about the document."""

from collections.abc import Callable
from typing import Final

from contract.codes import Code
from durable import ErrorCode, Limits, PermanentError, run_in_child

_HIT: Final = {
    ErrorCode.CHILD_MEMORY,
    ErrorCode.CHILD_CPU,
    ErrorCode.CHILD_FILE_SIZE,
    ErrorCode.CHILD_ANSWER,
    ErrorCode.CHILD_CRASHED,  # pdfium aborts when memory is short
}


async def limited[A, R](work: Callable[[A], R], request: A, limits: Limits) -> R:
    """Call a function in a child process, and turn the limits that it hits into the document's fault."""
    try:
        return await run_in_child(work, request, limits=limits)
    except PermanentError as exc:
        if exc.code not in _HIT:
            raise
        raise PermanentError(Code.TOO_COMPLEX, f"reading the document needs more than it may: {exc.message}") from exc

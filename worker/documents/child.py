"""Run work on a document in a child process, and report a limit that it hits as an error of the document."""

from collections.abc import Callable
from typing import Final

from contract.codes import Code
from durable import ErrorCode, Limits, PermanentError, run_in_child

_LIMIT_CODES: Final = {
    ErrorCode.CHILD_MEMORY,
    ErrorCode.CHILD_CPU,
    ErrorCode.CHILD_FILE_SIZE,
    ErrorCode.CHILD_ANSWER,
    ErrorCode.CHILD_CRASHED,  # pdfium aborts when memory is short
}


async def run_document_child[A, R](work: Callable[[A], R], request: A, limits: Limits) -> R:
    """Call a function in a child process; raise `document_too_complex` if it exceeds the limits."""
    try:
        return await run_in_child(work, request, limits=limits)
    except PermanentError as exc:
        if exc.code not in _LIMIT_CODES:
            raise
        raise PermanentError(Code.TOO_COMPLEX, f"reading the document exceeds a limit: {exc.message}") from exc

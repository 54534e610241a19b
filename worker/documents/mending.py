"""A PDF that was cut off or shuffled, put together again from the objects that are left of it, by qpdf.

Only what pdfium refuses comes here. What is lost stays lost, so whoever reads the copy says that it is one.
"""

from io import BytesIO

from contract.codes import Code
from durable.errors import PermanentError


def mended(path: str) -> bytes:
    """Return a copy that can be read."""
    import pikepdf  # noqa: PLC0415 the worker imports this module too, and must not carry the library

    copy = BytesIO()
    try:
        with pikepdf.open(path) as document:
            document.save(copy)
    except pikepdf.PasswordError as exc:
        raise PermanentError(Code.ENCRYPTED, "the document needs a password") from exc
    except (pikepdf.PdfError, OSError, ValueError, RuntimeError) as exc:  # what qpdf finds, by way of four libraries
        if isinstance(exc, OSError) and exc.errno is not None:
            raise
        reason = str(exc).removeprefix(f"{path}: ")  # where we keep it is nobody's business
        raise PermanentError(Code.DAMAGED, f"the document cannot be read, and not be repaired: {reason}") from exc
    return copy.getvalue()

"""Rebuild a truncated or disordered PDF from the objects that are left of it, with qpdf.

Used only for documents that pdfium refuses. Lost objects stay lost, so the caller must mark the copy as repaired.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO

from contract.codes import Code
from durable import PermanentError

from .passwords import password_error, spellings_of


def repair(path: str, password: str | None = None) -> bytes:
    """Return a readable copy, which needs no password."""
    import pikepdf  # noqa: PLC0415 the worker imports this module, and must not load the library

    with _qpdf_errors(path):
        for key in _keys_of(password):
            with suppress(pikepdf.PasswordError):
                return _copy(path, key)
    raise password_error(password)


def _copy(path: str, key: bytes) -> bytes:
    import pikepdf  # noqa: PLC0415 as above

    copy = BytesIO()
    with pikepdf.open(path, password=key) as document:
        document.save(copy)
    return copy.getvalue()


def _keys_of(password: str | None) -> Iterator[bytes]:
    yield b""
    for spelling in spellings_of(password):
        yield spelling.encode()
        with suppress(UnicodeEncodeError):
            yield spelling.encode("latin-1")


@contextmanager
def _qpdf_errors(path: str) -> Iterator[None]:
    """Raise `document_damaged` for what qpdf and the libraries under it raise."""
    import pikepdf  # noqa: PLC0415 as above

    try:
        yield
    except (pikepdf.PdfError, OSError, ValueError, RuntimeError) as exc:
        if isinstance(exc, OSError) and exc.errno is not None:
            raise
        reason = str(exc).removeprefix(f"{path}: ")  # the path is internal
        raise PermanentError(Code.DAMAGED, f"the document cannot be read or repaired: {reason}") from exc

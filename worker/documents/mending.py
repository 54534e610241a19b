"""A PDF that was cut off or shuffled, put together again from the objects that are left of it, by qpdf.

Only what pdfium refuses comes here. What is lost stays lost, so whoever reads the copy says that it is one.
"""

from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

from contract.codes import Code
from durable import PermanentError

from .passwords import refused, spellings


def mended(path: str, password: str | None = None) -> bytes:
    """Return a copy that can be read, and needs no password."""
    import pikepdf  # noqa: PLC0415 the worker imports this module too, and must not carry the library

    try:
        for key in _keys(password):
            with suppress(pikepdf.PasswordError):
                return _copied(path, key)
    except (pikepdf.PdfError, OSError, ValueError, RuntimeError) as exc:  # what qpdf finds, by way of four libraries
        if isinstance(exc, OSError) and exc.errno is not None:
            raise
        reason = str(exc).removeprefix(f"{path}: ")  # where we keep it is nobody's business
        raise PermanentError(Code.DAMAGED, f"the document cannot be read, and not be repaired: {reason}") from exc
    raise refused(password)


def _copied(path: str, key: bytes) -> bytes:
    import pikepdf  # noqa: PLC0415 as above

    copy = BytesIO()
    with pikepdf.open(path, password=key) as document:
        document.save(copy)
    return copy.getvalue()


def _keys(password: str | None) -> Iterator[bytes]:
    yield b""
    for spelling in spellings(password):
        yield spelling.encode()
        with suppress(UnicodeEncodeError):
            yield spelling.encode("latin-1")

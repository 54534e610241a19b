"""The ways in which one password may be meant: it was typed in one encoding, and the document was locked in another.

PDF has had two rules: of old the bytes of its own encoding, which is Latin-1 with a few signs of Windows, and since AES
with 256 bits normalized UTF-8. Programs keep to neither. Nothing here guesses a password: all of these look the same.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from contract.codes import Code
from durable import PermanentError

_FORMS: Final = ("NFC", "NFKC")
_OLD: Final = ("pdfdoc", "cp1252")


def refused(password: str | None) -> PermanentError:
    """Return what is said of a document that did not open."""
    words = "the document needs a password: send documentPassword"
    return PermanentError(Code.ENCRYPTED, "the password does not open the document" if password else words)


def spellings(password: str | None) -> list[str]:
    """Return the password and its other spellings; each is to be tried in UTF-8 and in Latin-1."""
    if not password:
        return []
    return [password] if password.isascii() else list(dict.fromkeys((password, *_others(password))))


def _others(password: str) -> Iterator[str]:
    import pikepdf.codec  # noqa: F401, PLC0415 it knows PDF's own encoding; the worker must not carry the library

    for form in _FORMS:
        yield unicodedata.normalize(form, password)
    for encoding in _OLD:
        with suppress(UnicodeEncodeError):  # such a password was never given to an old document
            yield password.encode(encoding).decode("latin-1")

"""Encode a password in the ways in which PDF programs encode it.

Old PDFs use an encoding of their own, Latin-1 with some Windows characters; since AES-256 the standard is normalized
UTF-8. Programs follow neither strictly. No password is guessed: all its encodings show the same characters.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from contract.codes import Code
from durable import PermanentError

_UNICODE_FORMS: Final = ("NFC", "NFKC")
_OLD_ENCODINGS: Final = ("pdfdoc", "cp1252")


def password_error(password: str | None) -> PermanentError:
    """Return the error of a document that is not opened by this password, or that needs one."""
    missing = "the document needs a password: send documentPassword"
    return PermanentError(Code.ENCRYPTED, "the password does not open the document" if password else missing)


def spellings_of(password: str | None) -> list[str]:
    """Return the password and its other spellings; each is to be tried in UTF-8 and in Latin-1."""
    if not password:
        return []
    return [password] if password.isascii() else list(dict.fromkeys((password, *_other_spellings(password))))


def _other_spellings(password: str) -> Iterator[str]:
    import pikepdf.codec  # noqa: F401, PLC0415 it registers `pdfdoc`; the worker must not load the library

    for form in _UNICODE_FORMS:
        yield unicodedata.normalize(form, password)
    for encoding in _OLD_ENCODINGS:
        with suppress(UnicodeEncodeError):  # no old document can have such a password
            yield password.encode(encoding).decode("latin-1")

"""Find a document's media type by its first bytes: names and headers may be wrong."""

from typing import Final

from contract.reading import MediaType

HEAD_BYTES: Final = 1_024  # needed to decide: PDF readers search for `%PDF-` that far
_SIGNATURES: Final = {
    b"\x89PNG\r\n\x1a\n": MediaType.PNG,
    b"\xff\xd8\xff": MediaType.JPEG,
    b"II*\x00": MediaType.TIFF,
    b"MM\x00*": MediaType.TIFF,
    b"PK\x03\x04": MediaType.DOCX,  # any zip; reading it shows whether Word made it
}
_OLE_SIGNATURE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def media_type_of(head: bytes) -> MediaType | None:
    """Return the type, if it is supported."""
    for signature, media_type in _SIGNATURES.items():
        if head.startswith(signature):
            return media_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return MediaType.WEBP
    return MediaType.PDF if b"%PDF-" in head[:HEAD_BYTES] else None


def explain_unsupported(head: bytes) -> str:
    """Return the error message for a document of no supported type."""
    if head.startswith(_OLE_SIGNATURE):
        return "the document is an old Office file or a password-protected one: save it as .docx without a password"
    return "the document is neither PDF nor Word, PNG, JPEG, TIFF or WebP"

"""What a document is, by its first bytes: names and headers say what somebody believes."""

from typing import Final

from contract.reading import MediaType

ENOUGH: Final = 1_024  # bytes to decide by: readers of PDF look for its mark that far
_MARKS: Final = {
    b"\x89PNG\r\n\x1a\n": MediaType.PNG,
    b"\xff\xd8\xff": MediaType.JPEG,
    b"II*\x00": MediaType.TIFF,
    b"MM\x00*": MediaType.TIFF,
    b"PK\x03\x04": MediaType.DOCX,  # a zip; whether there is a letter in it is seen when it is read
}
_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def media_type_of(head: bytes) -> MediaType | None:
    """Return the type, if it is one that we read."""
    for mark, media_type in _MARKS.items():
        if head.startswith(mark):
            return media_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return MediaType.WEBP
    return MediaType.PDF if b"%PDF-" in head[:ENOUGH] else None


def why_not(head: bytes) -> str:
    """Return what is to be said of a document of no such type."""
    if head.startswith(_OFFICE):
        return (
            "the document is in Office's older container, which old ones are in and new ones that need a password: "
            "save it as .docx without one"
        )
    return "the document is neither PDF nor Word, PNG, JPEG, TIFF or WebP"

"""Find a document's media type by its first bytes: names and headers may be wrong."""

import re
from typing import Final

from contract.reading import MediaType

HEAD_BYTES: Final = 1_024  # needed to decide: PDF readers search for `%PDF-` that far
_SIGNATURES: Final = {
    b"\x89PNG\r\n\x1a\n": MediaType.PNG,
    b"\xff\xd8\xff": MediaType.JPEG,
    b"II*\x00": MediaType.TIFF,
    b"MM\x00*": MediaType.TIFF,
    b"II+\x00": MediaType.TIFF,  # with addresses of 64 bits
    b"MM\x00+": MediaType.TIFF,
    b"PK\x03\x04": MediaType.DOCX,  # any zip; reading it shows whether Word made it
}
# What is refused by name, and what to send.
_REFUSALS: Final = {
    re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"): (
        "an old Office file or a password-protected one: save it as .docx without a password"
    ),
    re.compile(rb"....ftyp(?:hei[cfmsx]|hev[cmsx]|mif1|msf1|avif)", re.DOTALL): (
        "a HEIC or AVIF photo: send it as JPEG, as phones do when they share it"
    ),
    re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!DOCTYPE\s+html|html)", re.IGNORECASE): "a web page: print it as PDF",
    re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|\w)"): "XML: send the PDF that embeds it, or that was made from it",
    re.compile(rb"(?:From|Received|Return-Path|Delivered-To|MIME-Version|Message-ID|Subject|Date): ", re.IGNORECASE): (
        "an e-mail: send each of its attachments"
    ),
    re.compile(rb"\{\\rtf"): "RTF: save it as .docx",
}


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
    what = next((what for pattern, what in _REFUSALS.items() if pattern.match(head)), None)
    return f"the document is {what}" if what else "the document is neither PDF nor Word, PNG, JPEG, TIFF or WebP"

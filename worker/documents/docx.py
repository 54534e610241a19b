"""Read Word documents with python-docx, in child processes only: text and tables in reading order.

Pages end at page breaks: those that the author set, and those that Word noted at its last layout. Images are ignored,
and so are tracked deletions and moves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

from contract.codes import Code
from durable import PermanentError

from .parser_errors import PARSER_ERRORS

_MAX_XML_BYTES: Final = 40 * 2**20  # unpacked: a thousand pages have 20 MB; the parsed tree is ten times as large
_MAX_BYTES: Final = 200 * 2**20  # all parts together, unpacked
_ROOT_RELATIONS: Final = "_rels/.rels"
_STRICT_RELATION: Final = b"http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"
_MAX_PARTS: Final = 10_000
# In lxml's messages when it reaches a limit of its own, or runs out of memory; it has no error class for that.
_LIMIT_MESSAGES: Final = (
    "limit exceeded",
    "Excessive depth",
    "amplification",
    "entity reference loop",
    "unknown error",
)
_PAGE_BREAK: Final = "\f"
_SKIPPED_TAGS: Final = {"moveFrom", "del", "Fallback"}  # former positions; an older form of the element beside it
_TAG_TEXTS: Final = {"tab": "  ", "cr": "\n", "noBreakHyphen": "-", "lastRenderedPageBreak": _PAGE_BREAK}


def read_pages(path: str) -> list[str]:
    """Return the text of each page, with headers on the first and footers on the last."""
    with _docx_errors():
        _refuse_bombs(path)
        import docx  # noqa: PLC0415 the worker imports this module, and must not load the library

        part = docx.Document(path).part
        headers, footers = (_read_related(part, kind) for kind in ("header", "footer"))
        texts = [text for text in map(_strip_lines, "".join(_read_text(part.element)).split(_PAGE_BREAK)) if text]
    if not texts:
        return ["\n".join((*headers, *footers))]
    texts[0] = "\n".join((*headers, texts[0]))
    texts[-1] = "\n".join((texts[-1], *footers))
    return texts


def _refuse_bombs(path: str) -> None:
    """Refuse a zip whose declared sizes are too large; unpacking is held to the declared sizes."""
    with ZipFile(path) as archive:
        parts = archive.infolist()
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names:
        raise PermanentError(Code.UNSUPPORTED, "the document is a zip archive, and not a Word document")
    if any(part.flag_bits & 1 for part in parts):
        message = "the document is an encrypted zip, and documentPassword opens PDFs only: send it without a password"
        raise PermanentError(Code.ENCRYPTED, message)
    xml = sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    if len(parts) > _MAX_PARTS or xml > _MAX_XML_BYTES or sum(part.file_size for part in parts) > _MAX_BYTES:
        limits = f"{_MAX_XML_BYTES} bytes of text, {_MAX_BYTES} in all, or {_MAX_PARTS} parts"
        raise PermanentError(Code.TOO_COMPLEX, f"the document unpacks to more than {limits}")
    if _ROOT_RELATIONS in names:
        with ZipFile(path) as archive:
            if _STRICT_RELATION in archive.read(_ROOT_RELATIONS):
                message = 'the document is in the form "Strict Open XML": save it as an ordinary .docx'
                raise PermanentError(Code.UNSUPPORTED, message)


def _read_related(part: Any, kind: str) -> list[str]:  # noqa: ANN401 a part of any kind
    """Return the distinct headers or footers."""
    related = [one.target_part for one in part.rels.values() if one.reltype.endswith(f"/{kind}")]
    texts = (_strip_lines("".join(_read_text(one.element)).replace(_PAGE_BREAK, "\n")) for one in related)
    return list(dict.fromkeys(text for text in texts if text))


def _read_text(node: Any) -> Iterator[str]:  # noqa: ANN401 the XML library has no types
    if not isinstance(node.tag, str):
        return  # a comment
    name = node.tag.rpartition("}")[2]
    match name:
        case "t":
            yield node.text or ""
        case "br":
            yield _PAGE_BREAK if "page" in node.values() else "\n"
        case "pageBreakBefore":
            yield _PAGE_BREAK if not {"0", "false", "off"} & set(node.values()) else ""
        case "tr":
            cells = (" ".join("".join(_read_children(cell)).split()) for cell in node)
            yield "  ".join(cell for cell in cells if cell) + "\n"
        case "p":
            yield from _read_children(node)
            yield "\n"
        case _ if name in _TAG_TEXTS:
            yield _TAG_TEXTS[name]
        case _ if name not in _SKIPPED_TAGS:
            yield from _read_children(node)


def _read_children(node: Any) -> Iterator[str]:  # noqa: ANN401 as above
    for child in node:
        yield from _read_text(child)


def _strip_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line, before in zip(lines, ["", *lines], strict=False) if line or before).strip()


@contextmanager
def _docx_errors() -> Iterator[None]:
    """Raise errors with our codes for those of python-docx and the libraries under it."""
    from docx.opc.exceptions import PackageNotFoundError  # noqa: PLC0415 as above
    from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped] # noqa: PLC0415 it has no types

    try:
        yield
    except XMLSyntaxError as exc:
        code = Code.TOO_COMPLEX if any(sign in str(exc) for sign in _LIMIT_MESSAGES) else Code.DAMAGED
        raise PermanentError(code, f"the document cannot be read: {exc}") from exc
    except (BadZipFile, PackageNotFoundError, *PARSER_ERRORS) as exc:
        if isinstance(exc, ValueError) and "not a Word file" in str(exc):
            raise PermanentError(Code.UNSUPPORTED, _explain_other_type(str(exc))) from exc
        raise PermanentError(Code.DAMAGED, f"the document cannot be read: {exc}") from exc


def _explain_other_type(message: str) -> str:
    """Return the error message for a file of Office that is no .docx; the library quotes its content type."""
    if "macroEnabled" in message and "word" in message:
        return "the document is a Word document with macros: save it as .docx"
    if "template" in message and "word" in message:
        return "the document is a Word template: save it as .docx"
    return "the document belongs to another Office program, not to Word"

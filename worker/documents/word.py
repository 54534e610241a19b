"""Word documents by python-docx, in child processes only: text and tables in the order in which they are read.

A page is what lies between two page breaks, those that were set and those that Word noted when it last laid the
document out. Pictures are not looked at, and what was deleted or moved away with changes tracked is not there.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

from contract.codes import Code
from durable import PermanentError

_XML: Final = 40 * 2**20  # bytes of XML, unpacked: a thousand pages have twenty; its tree is ten times as large
_ALL: Final = 200 * 2**20  # bytes of everything, unpacked
_PARTS: Final = 10_000
# How the XML library says that it has stopped: at a limit of its own, or for lack of memory, of which it knows nothing.
_TOO_MUCH: Final = ("limit exceeded", "Excessive depth", "amplification", "entity reference loop", "unknown error")
_BREAK: Final = "\f"
_ASIDE: Final = {"moveFrom", "del", "Fallback"}  # where it was before; an older form of what stands beside it
_SIGNS: Final = {"tab": "  ", "cr": "\n", "noBreakHyphen": "-", "lastRenderedPageBreak": _BREAK}


def pages(path: str) -> list[str]:
    """Return the text of each page, with the letterhead on the first and the foot on the last."""
    with _named():
        _refuse_bombs(path)
        import docx  # noqa: PLC0415 the worker imports this module too, and must not carry the library

        part = docx.Document(path).part
        heads, feet = (_beside(part, kind) for kind in ("header", "footer"))
        texts = [text for text in map(_tidy, "".join(_pieces(part.element)).split(_BREAK)) if text]
    if not texts:
        return ["\n".join((*heads, *feet))]
    texts[0] = "\n".join((*heads, texts[0]))
    texts[-1] = "\n".join((texts[-1], *feet))
    return texts


def _refuse_bombs(path: str) -> None:
    """Add up what it says that it unpacks to. It is held to that when it is unpacked."""
    with ZipFile(path) as archive:
        parts = archive.infolist()
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names:
        raise PermanentError(Code.UNSUPPORTED, "the document is a zip, and none that Word made")
    if any(part.flag_bits & 1 for part in parts):
        message = (
            "the document is encrypted as zips are, and documentPassword opens PDFs only: send it without a password"
        )
        raise PermanentError(Code.ENCRYPTED, message)
    xml = sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    if len(parts) > _PARTS or xml > _XML or sum(part.file_size for part in parts) > _ALL:
        raise PermanentError(Code.TOO_COMPLEX, f"the document unpacks to more than {_XML} bytes of text, or {_ALL}")


def _beside(part: Any, kind: str) -> list[str]:  # noqa: ANN401 a part of any kind
    """Return the different texts above or below the pages."""
    related = [one.target_part for one in part.rels.values() if one.reltype.endswith(f"/{kind}")]
    texts = (_tidy("".join(_pieces(one.element)).replace(_BREAK, "\n")) for one in related)
    return list(dict.fromkeys(text for text in texts if text))


def _pieces(node: Any) -> Iterator[str]:  # noqa: ANN401 the XML library has no types
    if not isinstance(node.tag, str):
        return  # a comment
    name = node.tag.rpartition("}")[2]
    match name:
        case "t":
            yield node.text or ""
        case "br":
            yield _BREAK if "page" in node.values() else "\n"
        case "pageBreakBefore":
            yield _BREAK if not {"0", "false", "off"} & set(node.values()) else ""
        case "tr":
            cells = (" ".join("".join(_inside(cell)).split()) for cell in node)
            yield "  ".join(cell for cell in cells if cell) + "\n"
        case "p":
            yield from _inside(node)
            yield "\n"
        case _ if name in _SIGNS:
            yield _SIGNS[name]
        case _ if name not in _ASIDE:
            yield from _inside(node)


def _inside(node: Any) -> Iterator[str]:  # noqa: ANN401 as above
    for child in node:
        yield from _pieces(child)


def _tidy(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line, before in zip(lines, ["", *lines], strict=False) if line or before).strip()


@contextmanager
def _named() -> Iterator[None]:
    """Tell what is wrong with it in our codes."""
    from docx.opc.exceptions import PackageNotFoundError  # noqa: PLC0415 as above
    from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped] # noqa: PLC0415 it has no types

    damage = (BadZipFile, EOFError, KeyError, NotImplementedError, PackageNotFoundError, zlib.error)
    try:
        yield
    except XMLSyntaxError as exc:
        code = Code.TOO_COMPLEX if any(words in str(exc) for words in _TOO_MUCH) else Code.DAMAGED
        raise PermanentError(code, f"the document cannot be read: {exc}") from exc
    except damage as exc:
        raise PermanentError(Code.DAMAGED, f"the document cannot be read: {exc}") from exc
    except ValueError as exc:
        if "not a Word file" not in str(exc):
            raise PermanentError(Code.DAMAGED, f"the document cannot be read: {exc}") from exc
        raise PermanentError(Code.UNSUPPORTED, "the document is of another program of the office, not of Word") from exc

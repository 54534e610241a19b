"""Folders of documents with known truth: for `invoice.pdf` there is an `invoice.json` beside it.

    {"type": "invoice", "fields": {"vendor": "Acme Ltd", "due": null}, "compare": {"vendor": "fuzzy"}, "text": ["..."]}

A field that is null is known to be missing; an omitted field is not compared. `text` has the text of each page. With
`boxes`, the lines of a page and their places, there is no document: see transcript.py.
"""

from collections.abc import Iterator
from glob import escape
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from .compare import Comparison
from .transcript import PlacedLine

_TRUTH: Final = ".json"


class CaseError(ValueError):
    """A folder or a file cannot be used; the message names it."""


class Truth(BaseModel):
    """The known values of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = ""
    fields: dict[str, JsonValue] = {}
    compare: dict[str, Comparison] = {}
    text: tuple[str, ...] | None = None
    boxes: tuple[PlacedLine, ...] | None = None


class Case(BaseModel):
    """A document and its known values, and its folder below the one that is evaluated.

    The file is that of the known values where they have the lines of the page.
    """

    model_config = ConfigDict(frozen=True)

    file: Path
    truth: Truth
    folder: str = ""


def cases_in(folder: Path, *, ignored: Path | None = None, kind: str | None = None) -> Iterator[Case]:
    """Yield every document in the folder and those below it that has a file of known values beside it.

    `ignored` is the file for the score, which may be there, too. `kind` is the type of documents that name none.
    """
    if not folder.is_dir():
        raise CaseError(f"{folder} is no folder: name one with documents and a .json with the truth beside each")
    found = False
    for file in sorted(folder.rglob(f"*{_TRUTH}")):
        if ignored and file.samefile(ignored):
            continue
        truth = _read(file, kind)
        found = True
        inner = file.parent.relative_to(folder)
        document = _find_document(file) if truth.boxes is None else file
        yield Case(file=document, truth=truth, folder=inner.as_posix() if inner.parts else "")
    if not found:
        raise CaseError(f"{folder} has no .json with the true values of a document")


def _find_document(truth: Path) -> Path:
    documents = [file for file in truth.parent.glob(f"{escape(truth.stem)}.*") if file.suffix != _TRUTH]
    if len(documents) != 1:
        raise CaseError(f"{truth} needs exactly one document of its name beside it, and has {len(documents)}")
    return documents[0]


def _read(file: Path, kind: str | None) -> Truth:
    truth = _parse(file)
    if not (truth.type or kind):
        raise CaseError(f"{file} names no type: name it there, or with --type for all that name none")
    return truth if truth.type else truth.model_copy(update={"type": kind})


def _parse(file: Path) -> Truth:
    try:
        return Truth.model_validate_json(file.read_bytes())
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        raise CaseError(f"{file}: {'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}") from exc

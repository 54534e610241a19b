"""Folders of documents with known truth: for `invoice.pdf` there is an `invoice.json` beside it.

    {"type": "invoice", "fields": {"vendor": "Acme Ltd", "due": null}, "compare": {"vendor": "fuzzy"}, "text": ["..."]}

A field that is null is known to be missing; an omitted field is not compared. `text` has the text of each page.
"""

from collections.abc import Iterator
from glob import escape
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from .compare import Comparison

_TRUTH: Final = ".json"


class CaseError(ValueError):
    """A folder or a file cannot be used; the message names it."""


class Truth(BaseModel):
    """The known values of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    fields: dict[str, JsonValue] = {}
    compare: dict[str, Comparison] = {}
    text: tuple[str, ...] | None = None


class Case(BaseModel):
    """A document and its known values, and its folder below the one that is evaluated."""

    model_config = ConfigDict(frozen=True)

    file: Path
    truth: Truth
    folder: str = ""


def cases_in(folder: Path, *, ignored: Path | None = None) -> Iterator[Case]:
    """Yield every document in the folder and those below it that has a file of known values beside it.

    `ignored` is the file for the score, which may be there, too.
    """
    if not folder.is_dir():
        raise CaseError(f"{folder} is no folder: name one with documents and a .json with the truth beside each")
    found = False
    for truth in sorted(folder.rglob(f"*{_TRUTH}")):
        if ignored and truth.samefile(ignored):
            continue
        documents = [file for file in truth.parent.glob(f"{escape(truth.stem)}.*") if file.suffix != _TRUTH]
        if len(documents) != 1:
            raise CaseError(f"{truth} needs exactly one document of its name beside it, and has {len(documents)}")
        found = True
        inner = truth.parent.relative_to(folder)
        yield Case(file=documents[0], truth=_read(truth), folder=inner.as_posix() if inner.parts else "")
    if not found:
        raise CaseError(f"{folder} has no .json with the true values of a document")


def _read(file: Path) -> Truth:
    try:
        return Truth.model_validate_json(file.read_bytes())
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        raise CaseError(f"{file}: {'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}") from exc

"""Read documents as the worker does, two in parallel, and return the outcome of each."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from contract.codes import Code
from contract.reading import PageText
from durable import JobError, PermanentError
from evaluation.read_document import read_document
from worker.documents.document_reader import DocumentReader
from worker.documents.ocr_engines import RAPIDOCR, OcrChoice
from worker.documents.sniff import media_type_of
from worker.documents.survey import DocumentText

from .case import Case

MAX_PAGES = 50


@dataclass(frozen=True)
class Outcome:
    """The document, or the error that ended reading it."""

    document: DocumentText | None = None
    error: JobError | None = None

    @property
    def text(self) -> str:
        """The text of all pages."""
        return "\n\f".join(page.text for page in self.pages)

    @property
    def pages(self) -> tuple[PageText, ...]:
        """The pages; an error fails the test."""
        if self.document is None:
            raise AssertionError(self.error)
        return self.document.pages


def read(folder: Path, content: bytes, choice: OcrChoice = RAPIDOCR, *, password: str | None = None) -> Outcome:
    """Read one document."""
    return asyncio.run(_read(folder / "document", content, choice, password))


def read_all(folder: Path, cases: Iterable[Case]) -> dict[str, Outcome]:
    """Read all cases, from files with a wrong suffix."""

    async def read_cases() -> dict[str, Outcome]:
        limit = asyncio.Semaphore(2)

        async def read_case(number: int, case: Case) -> tuple[str, Outcome]:
            async with limit:
                return case.name, await _read(folder / f"{number}.txt", case.content, RAPIDOCR)

        return dict(await asyncio.gather(*(read_case(number, case) for number, case in enumerate(cases))))

    return asyncio.run(read_cases())


async def _read(file: Path, content: bytes, choice: OcrChoice, password: str | None = None) -> Outcome:
    media_type = media_type_of(content[:1_024])
    if media_type is None:
        return Outcome(error=PermanentError(Code.UNSUPPORTED, "the document is of no type that we read"))
    await asyncio.to_thread(file.write_bytes, content)
    try:
        reader = DocumentReader(max_pages=MAX_PAGES, choice=choice)
        return Outcome(await read_document(reader, file, media_type, password=password))
    except JobError as error:
        return Outcome(error=error)

"""Readers in front of Textract, as a worker has them, and patience that takes no time."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract.engines import OcrEngine
from contract.reading import MediaType, PageText
from durable import Clock, JobError
from evaluation.read_document import read_document
from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger
from worker.documents.document_reader import DocumentReader
from worker.documents.ocr_engines import OcrChoice
from worker.documents.textract.client import Textract, open_client
from worker.documents.textract.engine import TextractEngine
from worker.providers.retries import RetryPolicy

TEXTRACT = OcrChoice(engine=OcrEngine.TEXTRACT)


@dataclass
class Desk:
    """Everything around one document."""

    folder: Path
    waited: list[float] = field(default_factory=list)
    now: float = 1_000_000.0

    @property
    def store(self) -> Store:
        """Where answers are kept."""
        return Store.open((self.folder / "store").as_uri())

    @property
    def textract(self) -> Textract:
        """The client that the environment leads to."""

        async def sleep(seconds: float) -> None:
            self.waited.append(seconds)
            self.now += seconds

        clock = Clock(now=lambda: self.now, sleep=sleep, draw=lambda: 0.0)
        return Textract(open_client(), patience=RetryPolicy(clock=clock))

    def read(self, content: bytes, media_type: MediaType = MediaType.PDF) -> tuple[PageText, ...]:
        """Read a document page by page."""
        file = self.folder / "document"
        file.write_bytes(content)
        reader = DocumentReader(choice=TEXTRACT, engine=TextractEngine(self.textract, Ledger(self.store)))
        return asyncio.run(read_document(reader, file, media_type)).pages

    def failure(self, content: bytes, media_type: MediaType = MediaType.PDF) -> JobError:
        """Return how reading it fails."""
        with pytest.raises(JobError) as caught:
            self.read(content, media_type)
        return caught.value

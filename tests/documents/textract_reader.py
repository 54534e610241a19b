"""A document reader that calls Textract as a worker does, with waits that take no time."""

import asyncio
import os
from dataclasses import dataclass, field
from functools import cache
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
from worker.documents.textract.client import Client, Textract, open_client
from worker.documents.textract.engine import TextractEngine
from worker.providers.retries import RetryPolicy

TEXTRACT = OcrChoice(engine=OcrEngine.TEXTRACT)


@cache
def _open_client(_environ: frozenset[tuple[str, str]]) -> Client:
    """Return a client for this environment: boto3 reads megabytes of descriptions for each."""
    return open_client()


@dataclass
class TextractReader:
    """Reads documents with Textract, and records its waits."""

    folder: Path
    waits: list[float] = field(default_factory=list)
    now: float = 1_000_000.0

    @property
    def store(self) -> Store:
        """The store of paid answers."""
        return Store.open((self.folder / "store").as_uri())

    @property
    def client(self) -> Textract:
        """The client of the Textract that the environment names."""

        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)
            self.now += seconds

        clock = Clock(now=lambda: self.now, sleep=sleep, draw=lambda: 0.0)
        environ = frozenset(item for item in os.environ.items() if item[0].startswith("AWS_"))
        return Textract(_open_client(environ), retry_policy=RetryPolicy(clock=clock))

    def read(self, content: bytes, media_type: MediaType = MediaType.PDF) -> tuple[PageText, ...]:
        """Read a document page by page."""
        file = self.folder / "document"
        file.write_bytes(content)
        reader = DocumentReader(choice=TEXTRACT, engine=TextractEngine(self.client, Ledger(self.store)))
        return asyncio.run(read_document(reader, file, media_type)).pages

    def expect_error(self, content: bytes, media_type: MediaType = MediaType.PDF) -> JobError:
        """Return the error that reading the document raises."""
        with pytest.raises(JobError) as caught:
            self.read(content, media_type)
        return caught.value

"""Readers in front of Textract, as a worker has them, and patience that takes no time."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract.job import DocumentJob
from contract.parts import Extracted, Split
from contract.reading import MediaType, Original, Pages, PageText, TextSource
from durable.clock import Clock
from durable.errors import JobError
from worker.costs.metering import Meter
from worker.costs.prices import Rates
from worker.documents.choice import Choice, Recognizer
from worker.documents.pages import Reader
from worker.documents.textract.client import Textract, open_client
from worker.documents.textract.single import SinglePages
from worker.documents.textract.whole import WholeDocuments
from worker.ledger import Ledger
from worker.patience import Patience
from worker.steps.extract import written
from worker.steps.whole import read_whole
from worker.store import S3Object, Store

TEXTRACT = Choice(recognizer=Recognizer.TEXTRACT)
LAYER = PageText(number=1, text="it carries this", source=TextSource.TEXT_LAYER)
METER = Meter(rates=Rates(page=0.01))


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
        return Textract(open_client(), patience=Patience(clock=clock))

    def read(self, content: bytes, media_type: MediaType = MediaType.PDF) -> tuple[PageText, ...]:
        """Read a document page by page."""
        file = self.folder / "document"
        file.write_bytes(content)
        reader = Reader(choice=TEXTRACT, see=SinglePages(self.textract, Ledger(self.store)))
        return asyncio.run(reader(file, media_type, lambda _done, _of: None))

    def failure(self, content: bytes, media_type: MediaType = MediaType.PDF) -> JobError:
        """Return how reading it fails."""
        with pytest.raises(JobError) as caught:
            self.read(content, media_type)
        return caught.value


class Archive:
    """A document in a bucket, of which the first page carries its text."""

    def __init__(self, desk: Desk, content: bytes, unread: tuple[int, ...], *, job_id: str = "job-1") -> None:
        self.desk = desk
        self.job = DocumentJob(job_id=job_id, document_url="https://example.com/a.pdf", requester_id="me")
        store = desk.store
        reference = asyncio.run(store.create(f"jobs/{job_id}/original.pdf", content))
        self.original = Original(reference=reference, media_type=MediaType.PDF)
        layers = (LAYER,) if 1 not in unread else ()
        carried = asyncio.run(store.create(f"{job_id}/carried", Pages(pages=layers).model_dump_json().encode()))
        count = len(unread) + len(layers)
        self.split = Split(pages=count, carried=carried, unread=unread, as_a_whole=True)

    @property
    def whole(self) -> WholeDocuments:
        """Whoever reads it."""
        ledger = Ledger(self.desk.store)
        return WholeDocuments(
            self.desk.textract, ledger, lambda reference: S3Object(bucket="some-bucket", name=reference.key)
        )

    def read(self) -> Extracted:
        """Run the step."""
        return asyncio.run(
            read_whole(self.job, self.original, self.split, whole=self.whole, store=self.desk.store, meter=METER)
        )

    def failure(self) -> JobError:
        """Return how the step fails."""
        with pytest.raises(JobError) as caught:
            self.read()
        return caught.value

    def pages(self, found: Extracted) -> Pages:
        """Return what is known after the step."""
        reference = found.text.reference if found.text else found.split.carried if found.split else None
        assert reference
        return asyncio.run(written(reference, self.desk.store))

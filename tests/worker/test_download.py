"""Download: what is a document gets into the store, whatever else is there gets its code, in bounded memory."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import NoReturn

import boto3  # type: ignore[import-untyped] # it has no types
import pytest
from obstore.store import ObjectStore

from contract.codes import Code
from contract.job import DocumentJob
from contract.reading import MediaType, Original
from durable import JobError
from tests.aws import bucket_at
from tests.fresh_process import run_in_fresh_process
from tests.loopback import serve_http
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_site import Site
from tests.worker.fake_ports import make_ports, run_step
from worker.adapters.object_store import Store
from worker.sources.bucket import Buckets, Sources
from worker.sources.web import Web
from worker.steps.document import DocumentSteps
from worker.steps.ports import Read

MEGABYTE = 2**20


def job_at(url: str) -> DocumentJob:
    """Return a job for a document."""
    return DocumentJob(job_id="job-1", document_url=url, requester_id="client")


def download(
    url: str, store: Store, read: Read | None = None, *, site: Site | None = None, most: int = MEGABYTE
) -> Original:
    """Run the step."""
    read = read or Web([site.host] if site else []).read
    return run_step(DocumentSteps(make_ports(store, read=read, max_bytes=most)).download, job_at(url))


@pytest.mark.parametrize(
    ("content", "media_type", "name"),
    [
        (documents.make_pdf("hello"), MediaType.PDF, "original.pdf"),
        (b"some junk first\n" + documents.make_pdf("hello"), MediaType.PDF, "original.pdf"),
        (documents.make_picture("hello"), MediaType.PNG, "original.png"),
        (documents.make_picture("hello", kind="JPEG"), MediaType.JPEG, "original.jpeg"),
        (documents.make_picture("hello", kind="TIFF"), MediaType.TIFF, "original.tiff"),
    ],
    ids=["pdf", "pdf after junk", "png", "jpeg", "tiff"],
)
def test_a_document_is_known_by_its_bytes(
    site: Site, folder_store: Store, content: bytes, media_type: MediaType, name: str
) -> None:
    original = download(site.serve("report.exe", content), folder_store, site=site)
    assert original.media_type is media_type
    assert original.reference.key == f"jobs/job-1/{name}"
    assert original.reference.sha256 == hashlib.sha256(content).hexdigest()
    assert asyncio.run(folder_store.read(original.reference)) == content


def test_twice_is_once(site: Site, store: Store) -> None:
    """Also when there is another document by then: the first one is the job's."""
    first = download(site.serve("a.pdf", documents.make_pdf("the first")), store, site=site)
    assert download(site.serve("a.pdf", documents.make_pdf("the first")), store, site=site) == first
    assert download(site.serve("a.pdf", documents.make_pdf("another")), store, site=site) == first
    assert asyncio.run(store.read(first.reference)) == documents.make_pdf("the first")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", Code.EMPTY),
        (b"<!doctype html><p>Sign in", Code.UNSUPPORTED),
        (b"MZ", Code.UNSUPPORTED),
        (b"%PDF-1.7" + b"x" * MEGABYTE, Code.TOO_LARGE),
    ],
    ids=["empty", "page", "program", "too large"],
)
def test_what_is_no_document_has_its_code(site: Site, folder_store: Store, content: bytes, code: Code) -> None:
    with pytest.raises(JobError) as caught:
        download(site.serve("a.pdf", content), folder_store, site=site)
    assert (caught.value.code, caught.value.retry) == (code, False)


@pytest.mark.parametrize(("path", "code"), [("/missing", Code.NOT_FOUND), ("/status/403", Code.FORBIDDEN)])
def test_what_is_not_there_has_its_code(site: Site, folder_store: Store, path: str, code: Code) -> None:
    with pytest.raises(JobError) as caught:
        download(site.url + path, folder_store, site=site)
    assert (caught.value.code, caught.value.retry) == (code, False)


def without_end(host: str, store: str, most: int) -> str:
    """Download what does not end, and return the code of the error."""
    with pytest.raises(JobError) as caught:
        download(f"http://{host}/endless", Store.open(store), Web([host]).read, most=most)
    return caught.value.code


def test_an_endless_document_is_given_up_at_the_limit(site: Site, store: Store) -> None:
    """Little of it is ever in memory, nothing is stored, and the connection is closed."""
    code, memory = run_in_fresh_process(without_end, site.host, store.url(""), 128 * MEGABYTE)
    assert code == Code.TOO_LARGE
    assert memory.growth < 32 * MEGABYTE
    assert asyncio.run(store.find("jobs/job-1/original.pdf")) is None
    wait_until(lambda: "gone" in site.requested_paths, "the connection is still there")


def test_a_promise_of_10_gb_that_breaks_off_is_worth_another_try(site: Site, folder_store: Store) -> None:
    """What counts is what comes; the rest never came."""
    with pytest.raises(JobError) as caught:
        download(f"{site.url}/huge", folder_store, site=site)
    assert (caught.value.code, caught.value.retry) == (Code.UNAVAILABLE, True)


def test_a_canceled_download_closes_its_source_and_leaves_nothing(tmp_path: Path, folder_store: Store) -> None:
    closed: list[bool] = []

    async def stalled(_: str) -> AsyncGenerator[bytes]:
        try:
            yield documents.make_pdf("hello") + b" " * 2_000
            waiting.set()
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def cancel() -> None:
        task = asyncio.create_task(
            DocumentSteps(make_ports(folder_store, read=stalled)).download.body(job_at("https://example.com"))
        )
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    waiting = asyncio.Event()
    asyncio.run(cancel())
    assert closed
    assert [file for file in (tmp_path / "store").rglob("*") if file.is_file()] == []


def test_a_document_may_come_from_an_allowed_bucket(bucket: str, folder_store: Store) -> None:
    boto3.client("s3").put_object(Bucket=bucket, Key="in/a b.pdf", Body=documents.make_pdf("hello"))
    read = Sources(Web([]).read, Buckets([bucket]).read)
    original = download(f"s3://{bucket}/in/a b.pdf", folder_store, read)
    assert asyncio.run(folder_store.read(original.reference)) == documents.make_pdf("hello")


@pytest.mark.parametrize(
    ("key", "code"), [("missing.pdf", Code.NOT_FOUND), ("a//b.pdf", Code.URL_REFUSED), ("", Code.URL_REFUSED)]
)
def test_what_a_bucket_does_not_give_has_its_code(bucket: str, folder_store: Store, key: str, code: Code) -> None:
    with pytest.raises(JobError) as caught:
        download(f"s3://{bucket}/{key}", folder_store, Buckets([bucket]).read)
    assert (caught.value.code, caught.value.retry) == (code, False)


@contextmanager
def bucket_that_answers(status: int) -> Iterator[ObjectStore]:
    """A bucket of nothing but refusals."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(status)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serve_http(Handler) as host:
        yield bucket_at(f"http://{host}")


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [(401, Code.FORBIDDEN, False), (403, Code.FORBIDDEN, False), (500, Code.UNAVAILABLE, True)],
)
def test_what_a_bucket_answers_has_its_code(folder_store: Store, status: int, code: Code, *, retry: bool) -> None:
    with bucket_that_answers(status) as objects, pytest.raises(JobError) as caught:
        download("s3://letters/a.pdf", folder_store, Buckets(["letters"], lambda _: objects).read)
    assert (caught.value.code, caught.value.retry) == (code, retry)


def test_a_document_may_come_from_an_allowed_folder_of_a_bucket(bucket: str, folder_store: Store) -> None:
    read = Buckets([f"{bucket}/inbox"]).read
    with pytest.raises(JobError) as caught:
        download(f"s3://{bucket}/inbox/nothing.pdf", folder_store, read)
    assert caught.value.code == Code.NOT_FOUND  # it was looked for


@pytest.mark.parametrize("key", ["jobs/other/original.pdf", "inboxes/a.pdf", "inbox", "inbox/../jobs/other/a.pdf"])
def test_what_is_beside_an_allowed_folder_is_refused(folder_store: Store, bucket: str, key: str) -> None:
    with pytest.raises(JobError) as caught:
        download(f"s3://{bucket}/{key}", folder_store, Buckets([f"{bucket}/inbox"]).read)
    assert caught.value.code == Code.URL_REFUSED


def test_a_bucket_that_is_not_allowed_is_not_opened(folder_store: Store) -> None:
    def opened(url: str) -> NoReturn:
        raise AssertionError(url)

    with pytest.raises(JobError) as caught:
        download("s3://secrets/a.pdf", folder_store, Buckets(["documents"], opened).read)
    assert (caught.value.code, caught.value.retry) == (Code.URL_REFUSED, False)


def test_a_bucket_that_is_not_there_is_not_found(aws: str, folder_store: Store) -> None:
    assert aws
    with pytest.raises(JobError) as caught:
        download("s3://nowhere/a.pdf", folder_store, Buckets(["nowhere"]).read)
    assert caught.value.code == Code.NOT_FOUND

"""Download: the step stores documents and fails with a code for everything else, in bounded memory."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import NoReturn

import boto3  # type: ignore[import-untyped] # it has no types
import obstore
import pytest
from obstore.store import ObjectStore

from contract.codes import Code
from contract.inbox import InboxFile
from contract.job import DocumentJob
from contract.object_keys import upload_key
from contract.reading import MediaType, Original
from durable import JobError
from tests.aws import bucket_at
from tests.fresh_process import run_in_fresh_process
from tests.loopback import serve_http
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_site import Site
from tests.worker.fake_ports import make_ports, run_step
from worker.adapters.object_store import Store, open_objects
from worker.sources.bucket import Buckets
from worker.sources.own_store import OwnStore
from worker.sources.sources import Sources
from worker.sources.web import Web
from worker.steps.document import DocumentSteps
from worker.steps.ports import Read

MEGABYTE = 2**20


def job_at(url: str) -> DocumentJob:
    """Return a job for the document at this URL."""
    return DocumentJob(job_id="job-1", document_url=url, requester_id="client")


def download(
    url: str, store: Store, read: Read | None = None, *, site: Site | None = None, max_bytes: int = MEGABYTE
) -> Original:
    """Run the download step once."""
    read = read or Web([site.host] if site else []).read
    return run_step(DocumentSteps(make_ports(store, read=read, max_bytes=max_bytes)).download, job_at(url))


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
def test_the_bytes_of_a_document_decide_its_type(
    site: Site, folder_store: Store, content: bytes, media_type: MediaType, name: str
) -> None:
    original = download(site.serve("report.exe", content), folder_store, site=site)
    assert original.media_type is media_type
    assert original.reference.key == f"jobs/job-1/{name}"
    assert original.reference.sha256 == hashlib.sha256(content).hexdigest()
    assert asyncio.run(folder_store.read(original.reference)) == content


def test_a_second_download_returns_the_first_document(site: Site, store: Store) -> None:
    """Even when the URL serves another document by then."""
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
def test_a_file_that_is_no_document_fails_with_its_code(
    site: Site, folder_store: Store, content: bytes, code: Code
) -> None:
    with pytest.raises(JobError) as caught:
        download(site.serve("a.pdf", content), folder_store, site=site)
    assert (caught.value.code, caught.value.retry) == (code, False)


@pytest.mark.parametrize(("path", "code"), [("/missing", Code.NOT_FOUND), ("/status/403", Code.FORBIDDEN)])
def test_a_refused_url_fails_with_its_code(site: Site, folder_store: Store, path: str, code: Code) -> None:
    with pytest.raises(JobError) as caught:
        download(site.url + path, folder_store, site=site)
    assert (caught.value.code, caught.value.retry) == (code, False)


def download_endless_document(host: str, store: str, max_bytes: int) -> str:
    """Download a document without an end; return the code of the error."""
    with pytest.raises(JobError) as caught:
        download(f"http://{host}/endless", Store.open(store), Web([host]).read, max_bytes=max_bytes)
    return caught.value.code


def test_an_endless_document_fails_at_the_size_limit(site: Site, store: Store) -> None:
    """The download holds little of it in memory, stores nothing, and closes the connection."""
    code, memory = run_in_fresh_process(download_endless_document, site.host, store.url(""), 128 * MEGABYTE)
    assert code == Code.TOO_LARGE
    assert memory.growth < 32 * MEGABYTE
    assert asyncio.run(store.find("jobs/job-1/original.pdf")) is None
    wait_until(lambda: "gone" in site.requested_paths, "the connection is still open")


def test_a_connection_that_breaks_is_retried_whatever_length_it_announced(site: Site, folder_store: Store) -> None:
    """The server announces 10 GB and breaks off: the size limit counts received bytes only."""
    with pytest.raises(JobError) as caught:
        download(f"{site.url}/huge", folder_store, site=site)
    assert (caught.value.code, caught.value.retry) == (Code.UNAVAILABLE, True)


def test_a_canceled_download_closes_its_source_and_stores_nothing(tmp_path: Path, folder_store: Store) -> None:
    closed: list[bool] = []

    async def stall(_: str) -> AsyncGenerator[bytes]:
        try:
            yield documents.make_pdf("hello") + b" " * 2_000
            is_stalled.set()
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def cancel_download() -> None:
        task = asyncio.create_task(
            DocumentSteps(make_ports(folder_store, read=stall)).download.body(job_at("https://example.com"))
        )
        await is_stalled.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    is_stalled = asyncio.Event()
    asyncio.run(cancel_download())
    assert closed
    assert [file for file in (tmp_path / "store").rglob("*") if file.is_file()] == []


def test_a_document_may_come_from_an_allowed_bucket(bucket: str, folder_store: Store) -> None:
    boto3.client("s3").put_object(Bucket=bucket, Key="in/a b.pdf", Body=documents.make_pdf("hello"))
    uploads = OwnStore(open_objects(f"s3://{bucket}"), has_versions=True)
    read = Sources(web=Web([]).read, bucket=Buckets([bucket]).read, own=uploads)
    original = download(f"s3://{bucket}/in/a b.pdf", folder_store, read)
    assert asyncio.run(folder_store.read(original.reference)) == documents.make_pdf("hello")


def test_an_upload_comes_from_the_workers_own_store(tmp_path: Path, folder_store: Store) -> None:
    uploads = OwnStore(open_objects((tmp_path / "store").as_uri()), has_versions=False)
    job = DocumentJob(job_id="job-1", upload_id="a-1", requester_id="client")
    step = DocumentSteps(make_ports(folder_store, read=uploads.read_upload)).download
    with pytest.raises(JobError, match="the object does not exist"):
        run_step(step, job)
    asyncio.run(folder_store.create(upload_key("a-1"), documents.make_pdf("hello")))
    original: Original = run_step(step, job)
    assert original.reference.sha256 == hashlib.sha256(documents.make_pdf("hello")).hexdigest()


def test_a_file_of_the_inbox_is_read_in_the_version_that_its_job_names(tmp_path: Path, folder_store: Store) -> None:
    objects = open_objects((tmp_path / "store").as_uri())
    obstore.put(objects, "inbox/invoice/a b.pdf", documents.make_pdf("hello"))
    file = InboxFile(key="inbox/invoice/a b.pdf", version=str(obstore.head(objects, "inbox/invoice/a b.pdf")["e_tag"]))
    job = DocumentJob(job_id="job-1", inbox_file=file, requester_id="inbox")
    read = OwnStore(objects, has_versions=False).read_inbox_file
    original: Original = run_step(DocumentSteps(make_ports(folder_store, read=read)).download, job)
    assert original.reference.sha256 == hashlib.sha256(documents.make_pdf("hello")).hexdigest()
    obstore.put(objects, "inbox/invoice/a b.pdf", documents.make_pdf("another month"))
    other = DocumentJob(job_id="job-2", inbox_file=file, requester_id="inbox")
    with pytest.raises(JobError, match="replaced by another version") as caught:
        run_step(DocumentSteps(make_ports(folder_store, read=read)).download, other)
    assert (caught.value.code, caught.value.retry) == (Code.NOT_FOUND, False)


@pytest.mark.parametrize(
    ("key", "code"), [("missing.pdf", Code.NOT_FOUND), ("a//b.pdf", Code.URL_REFUSED), ("", Code.URL_REFUSED)]
)
def test_a_missing_or_invalid_key_of_a_bucket_fails_with_its_code(
    bucket: str, folder_store: Store, key: str, code: Code
) -> None:
    with pytest.raises(JobError) as caught:
        download(f"s3://{bucket}/{key}", folder_store, Buckets([bucket]).read)
    assert (caught.value.code, caught.value.retry) == (code, False)


@contextmanager
def serve_bucket_errors(status: int) -> Iterator[ObjectStore]:
    """Serve a bucket that answers every request with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(status)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with serve_http(Handler) as host:
        yield bucket_at(f"http://{host}")


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [(401, Code.FORBIDDEN, False), (403, Code.FORBIDDEN, False), (500, Code.UNAVAILABLE, True)],
)
def test_an_error_of_a_bucket_fails_with_its_code(folder_store: Store, status: int, code: Code, *, retry: bool) -> None:
    with serve_bucket_errors(status) as objects, pytest.raises(JobError) as caught:
        download("s3://letters/a.pdf", folder_store, Buckets(["letters"], lambda _: objects).read)
    assert (caught.value.code, caught.value.retry) == (code, retry)


def test_a_document_may_come_from_an_allowed_folder_of_a_bucket(bucket: str, folder_store: Store) -> None:
    read = Buckets([f"{bucket}/inbox"]).read
    with pytest.raises(JobError) as caught:
        download(f"s3://{bucket}/inbox/nothing.pdf", folder_store, read)
    assert caught.value.code == Code.NOT_FOUND  # the allowed folder was searched


@pytest.mark.parametrize("key", ["jobs/other/original.pdf", "inboxes/a.pdf", "inbox", "inbox/../jobs/other/a.pdf"])
def test_a_key_outside_the_allowed_folder_is_refused(folder_store: Store, bucket: str, key: str) -> None:
    with pytest.raises(JobError) as caught:
        download(f"s3://{bucket}/{key}", folder_store, Buckets([f"{bucket}/inbox"]).read)
    assert caught.value.code == Code.URL_REFUSED


def test_a_bucket_that_is_not_allowed_is_not_opened(folder_store: Store) -> None:
    def open_bucket(url: str) -> NoReturn:
        raise AssertionError(url)

    with pytest.raises(JobError) as caught:
        download("s3://secrets/a.pdf", folder_store, Buckets(["documents"], open_bucket).read)
    assert (caught.value.code, caught.value.retry) == (Code.URL_REFUSED, False)


def test_a_missing_bucket_is_not_found(aws: str, folder_store: Store) -> None:
    assert aws
    with pytest.raises(JobError) as caught:
        download("s3://nowhere/a.pdf", folder_store, Buckets(["nowhere"]).read)
    assert caught.value.code == Code.NOT_FOUND

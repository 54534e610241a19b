"""Download from places other than the web: allowed buckets, uploads, and files of the inbox."""

import asyncio
import hashlib
from collections.abc import Iterator
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
from contract.reading import Original
from durable import JobError
from tests.aws import bucket_at
from tests.loopback import serve_http
from tests.worker import documents
from tests.worker.download_step import download
from tests.worker.fake_ports import make_ports, run_step
from worker.adapters.object_store import Store, open_objects
from worker.sources.bucket import Buckets
from worker.sources.own_store import OwnStore
from worker.sources.sources import Sources
from worker.sources.web import Web
from worker.steps.document import DocumentSteps


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

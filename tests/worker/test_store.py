"""The store writes an object once and completely, and refuses to read an object that has changed."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from contract.codes import Code
from contract.reading import Reference
from durable import JobError, PermanentError, TemporaryError
from tests.aws import bucket_at
from tests.loopback import serve_http
from worker.adapters.object_store import Store

LONG_CONTENT = b"x" * 7 * 2**20  # more than one part of an upload


async def stream(*some: bytes, fail: bool = False) -> AsyncIterator[bytes]:
    for piece in some:
        yield piece
    if fail:
        raise PermanentError("enough", "of this")


def test_a_reference_has_the_size_and_hash_of_its_object(store: Store) -> None:
    reference = asyncio.run(store.create("a/b.json", b"content"))
    assert reference == Reference(key="a/b.json", size=7, sha256=hashlib.sha256(b"content").hexdigest())
    assert asyncio.run(store.read(reference)) == b"content"
    assert asyncio.run(store.find("a/b.json")) == reference


def test_a_missing_object_is_not_found(store: Store) -> None:
    assert asyncio.run(store.find("a/b.json")) is None


def test_a_second_write_returns_the_first_object(store: Store) -> None:
    first = asyncio.run(store.create("a", b"first"))
    assert asyncio.run(store.create("a", b"first")) == first
    assert asyncio.run(store.create("a", b"second")) == first
    assert asyncio.run(store.create_from("a", stream(b"third"))) == first
    assert asyncio.run(store.read(first)) == b"first"


def test_a_stream_is_stored_completely(store: Store, tmp_path: Path) -> None:
    """Even when it is longer than one part of an upload."""
    some = [bytes([number]) * 2**20 for number in range(12)]
    reference = asyncio.run(store.create_from("a/b.pdf", stream(*some)))
    assert reference.size == 12 * 2**20
    asyncio.run(store.save(reference, tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == b"".join(some)


def test_a_stream_that_fails_leaves_no_object(store: Store) -> None:
    with pytest.raises(PermanentError) as caught:
        asyncio.run(store.create_from("a", stream(LONG_CONTENT, fail=True)))
    assert caught.value.code == "enough"
    assert asyncio.run(store.find("a")) is None


def test_a_stream_leaves_no_temporary_object(bucket: str) -> None:
    store = Store.open(f"s3://{bucket}")
    asyncio.run(store.create_from("a", stream(LONG_CONTENT)))
    asyncio.run(store.create_from("a", stream(b"y" * 7 * 2**20)))
    s3 = boto3.client("s3")
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a"]
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def create_concurrently(store: Store, *contents: bytes) -> bytes:
    """Store contents under one key, and return what is there; every caller got a reference to that."""

    async def create_all() -> list[Reference]:
        return await asyncio.gather(*(store.create_from("a", stream(content)) for content in contents))

    first, *others = asyncio.run(create_all())
    assert all(other == first for other in others)
    return asyncio.run(store.read(first))


def test_two_concurrent_streams_store_one_object(store: Store) -> None:
    assert create_concurrently(store, b"one", b"two") in (b"one", b"two")


def test_two_concurrent_long_streams_store_one_object(folder_store: Store) -> None:
    """The fake of S3 does not decide between two copies that end at the same time, as S3 does."""
    assert create_concurrently(folder_store, LONG_CONTENT, LONG_CONTENT.upper()) in (LONG_CONTENT, LONG_CONTENT.upper())


def test_a_short_stream_needs_no_temporary_object(folder_store: Store, tmp_path: Path) -> None:
    asyncio.run(folder_store.create_from("a", stream(b"one", b"two")))
    assert [file.name for file in (tmp_path / "store").iterdir()] == ["a"]
    asyncio.run(folder_store.create_from("b", stream(LONG_CONTENT)))
    assert (tmp_path / "store" / "incoming").exists()


def test_a_short_stream_that_fails_leaves_no_object(store: Store) -> None:
    with pytest.raises(PermanentError):
        asyncio.run(store.create_from("a", stream(b"short", fail=True)))
    assert asyncio.run(store.find("a")) is None


def test_a_changed_object_is_not_read(tmp_path: Path, folder_store: Store) -> None:
    reference = asyncio.run(folder_store.create("a", b"as it was"))
    (tmp_path / "store" / "a").write_bytes(b"as it is!")
    with pytest.raises(PermanentError) as caught:
        asyncio.run(folder_store.read(reference))
    assert caught.value.code == Code.STORED_CHANGED


def test_a_deleted_object_is_a_permanent_error(store: Store, tmp_path: Path) -> None:
    """For each way of reading it, because no retry brings it back."""
    deleted = Reference(key="a/b.pdf", size=7, sha256="0" * 64)
    for ask in (store.read(deleted), store.save(deleted, tmp_path / "copy")):
        with pytest.raises(JobError) as caught:
            asyncio.run(ask)
        assert (type(caught.value), caught.value.code) == (PermanentError, Code.STORED_CHANGED)
        assert "a/b.pdf does not exist any more" in caught.value.message


def test_a_missing_bucket_is_a_temporary_error(aws: str) -> None:
    """An operator may create it again."""
    assert aws
    store = Store.open("s3://missing")
    for ask in (store.create("a", b"x"), store.create_from("a", stream(b"x"))):
        with pytest.raises(JobError) as caught:
            asyncio.run(ask)
        assert (type(caught.value), caught.value.code) == (TemporaryError, Code.STORE_FAILED)


DENIAL_XML = b"""<Error><Code>AccessDenied</Code><Message>User: arn:aws:sts::123456789012:assumed-role/Worker/task
is not authorized to perform: s3:PutObject on arn:aws:s3:::b/a.json</Message></Error>"""


class DenyAll(BaseHTTPRequestHandler):
    """Denies each request with the name of a role, as S3 does."""

    def do_GET(self) -> None:
        """Answer 403 to any method."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(403)
        self.send_header("Content-Length", str(len(DENIAL_XML)))
        self.end_headers()
        self.wfile.write(DENIAL_XML)

    do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 the server's names

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_an_error_of_the_store_names_no_role_and_no_address(caplog: pytest.LogCaptureFixture) -> None:
    """Clients and subscribers read the error; the log has what the store answered."""
    reference = Reference(key="a.json", size=1, sha256="0" * 64)
    with serve_http(DenyAll) as host:
        store = Store("s3://b", bucket_at(f"http://{host}"))
        for ask in (store.create("a.json", b"x"), store.create_from("a.json", stream(b"x")), store.read(reference)):
            caplog.clear()
            with pytest.raises(TemporaryError) as caught:
                asyncio.run(ask)
            assert caught.value.code == Code.STORE_FAILED
            assert caught.value.after is not None  # so that a workflow waits durably
            assert not re.search("arn:|123456789012|127.0.0.1|a.json|http", str(caught.value))
            assert "assumed-role/Worker" in str([vars(record) for record in caplog.records])


DENIED_DELETE_XML = b"""<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Error><Key>%s</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error></DeleteResult>"""


def make_denying_handler(aws: str) -> type[BaseHTTPRequestHandler]:
    """Return a proxy to this AWS server that denies deletions, as AWS does to a role without the right."""

    class DenyingHandler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            key = re.search(rb"<Key>(.+)</Key>", body) if self.path.endswith("?delete") else None
            status, tag, content = (200, "", DENIED_DELETE_XML % key[1]) if key else self._forward(body)
            self.send_response(status)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815 the server's names

        def _forward(self, body: bytes) -> tuple[int, str, bytes]:
            connection = HTTPConnection(aws.removeprefix("http://"))
            connection.request(self.command, self.path, body, dict(self.headers))
            with connection.getresponse() as answer:
                return answer.status, answer.headers.get("ETag", '"some"'), answer.read()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    return DenyingHandler


def test_a_stream_is_stored_without_the_right_to_delete(
    aws: str, bucket: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The temporary object stays, and a log line reports it."""
    with serve_http(make_denying_handler(aws)) as host:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}")
        store = Store.open(f"s3://{bucket}")
        references = [asyncio.run(store.create_from("a", stream(LONG_CONTENT))) for _ in range(2)]
        assert asyncio.run(store.read(references[0])) == LONG_CONTENT
    assert references[0] == references[1]
    assert caplog.text.count("could not be removed") == 2


def test_an_object_has_a_url(store: Store) -> None:
    assert store.url("jobs/1/result.json").endswith("/jobs/1/result.json")
    assert store.url("x").startswith(("file:///", "s3://"))

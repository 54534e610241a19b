"""An object is written once, whole or not at all, and read only as it was written."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from contract.codes import Code
from contract.reading import Reference
from durable.errors import PermanentError
from worker.store import Store


async def pieces(*some: bytes, fail: bool = False) -> AsyncIterator[bytes]:
    for piece in some:
        yield piece
    if fail:
        raise PermanentError("enough", "of this")


def test_a_reference_tells_what_was_written(store: Store) -> None:
    reference = asyncio.run(store.create("a/b.json", b"content"))
    assert reference == Reference(key="a/b.json", size=7, sha256=hashlib.sha256(b"content").hexdigest())
    assert asyncio.run(store.read(reference)) == b"content"
    assert asyncio.run(store.find("a/b.json")) == reference


def test_what_is_not_there_is_not_found(store: Store) -> None:
    assert asyncio.run(store.find("a/b.json")) is None


def test_who_comes_second_gets_what_is_there(store: Store) -> None:
    first = asyncio.run(store.create("a", b"first"))
    assert asyncio.run(store.create("a", b"first")) == first
    assert asyncio.run(store.create("a", b"second")) == first
    assert asyncio.run(store.create_from("a", pieces(b"third"))) == first
    assert asyncio.run(store.read(first)) == b"first"


def test_a_stream_is_stored_whole(store: Store, tmp_path: Path) -> None:
    """Also when it is longer than one part of an upload."""
    some = [bytes([number]) * 2**20 for number in range(12)]
    reference = asyncio.run(store.create_from("a/b.pdf", pieces(*some)))
    assert reference.size == 12 * 2**20
    asyncio.run(store.save(reference, tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == b"".join(some)


def test_a_stream_that_ends_in_an_error_leaves_nothing(store: Store) -> None:
    with pytest.raises(PermanentError) as caught:
        asyncio.run(store.create_from("a", pieces(b"x" * 7 * 2**20, fail=True)))
    assert caught.value.code == "enough"
    assert asyncio.run(store.find("a")) is None


def test_a_stream_leaves_nothing_beside_its_object(bucket: str) -> None:
    store = Store.open(f"s3://{bucket}")
    asyncio.run(store.create_from("a", pieces(b"x" * 7 * 2**20)))
    asyncio.run(store.create_from("a", pieces(b"y" * 7 * 2**20)))
    s3 = boto3.client("s3")
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a"]
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_of_two_streams_at_once_one_wins(store: Store) -> None:
    async def both() -> list[Reference]:
        return await asyncio.gather(*(store.create_from("a", pieces(text * 9)) for text in (b"one", b"two")))

    one, other = asyncio.run(both())
    assert one == other
    assert asyncio.run(store.read(one)) in (b"one" * 9, b"two" * 9)


def test_what_has_changed_is_not_read(tmp_path: Path, folder_store: Store) -> None:
    reference = asyncio.run(folder_store.create("a", b"as it was"))
    (tmp_path / "store" / "a").write_bytes(b"as it is!")
    with pytest.raises(PermanentError) as caught:
        asyncio.run(folder_store.read(reference))
    assert caught.value.code == Code.STORED_CHANGED


def test_an_address_says_where_an_object_is(store: Store) -> None:
    assert store.url("jobs/1/result.json").endswith("/jobs/1/result.json")
    assert store.url("x").startswith(("file:///", "s3://"))

"""What is erased is gone for good, in a folder and in a bucket that keeps versions."""

import asyncio
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from contract.codes import Code
from durable import TemporaryError
from tests.worker.conftest import REGION
from worker.adapters.eraser import BucketEraser, Erase, open_eraser
from worker.adapters.object_store import Store

KEYS = ("jobs/a/original.pdf", "jobs/a/pages-1/00001-8.json", "jobs/a/progress/1.json")
NEIGHBOURS = ("jobs/ab/original.pdf", "jobs/b/original.pdf", "paid/1/answer.json")


@pytest.fixture(params=["folder", "bucket"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store, whose bucket keeps versions."""
    if request.param == "folder":
        return (tmp_path / "store").as_uri()
    name = str(request.getfixturevalue("bucket"))
    boto3.client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return f"s3://{name}/some/prefix"


@pytest.fixture
def filled(address: str) -> Store:
    store = Store.open(address)
    for key in (*KEYS, *NEIGHBOURS):
        asyncio.run(store.create(key, b"content"))
    return store


def exists(store: Store, key: str) -> bool:
    return asyncio.run(store.get(key)) is not None


def erase(eraser: Erase, path: str) -> int:
    async def run() -> int:
        return await eraser(path)

    return asyncio.run(run())


def test_a_folder_is_erased_with_all_below_it_and_nothing_beside_it(address: str, filled: Store) -> None:
    eraser = open_eraser(address)
    assert [erase(eraser, "jobs/a/"), erase(eraser, "jobs/a/")] == [3, 0]
    assert not any(exists(filled, key) for key in KEYS)
    assert all(exists(filled, key) for key in NEIGHBOURS)


def test_one_object_is_erased_and_none_whose_key_begins_with_its_own(address: str, filled: Store) -> None:
    asyncio.run(filled.create("jobs/a/original.pdf.other", b"content"))
    eraser = open_eraser(address)
    assert [erase(eraser, "jobs/a/original.pdf"), erase(eraser, "jobs/a/original.pdf")] == [1, 0]
    assert not exists(filled, "jobs/a/original.pdf")
    assert exists(filled, "jobs/a/original.pdf.other")


def test_a_bucket_keeps_no_version_and_no_marker(bucket: str) -> None:
    s3 = boto3.client("s3", region_name=REGION)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for content in (b"old", b"new"):
        s3.put_object(Bucket=bucket, Key="jobs/a/progress/1.json", Body=content)
    s3.delete_object(Bucket=bucket, Key="jobs/a/progress/1.json")
    assert erase(open_eraser(f"s3://{bucket}"), "jobs/a/") == 3
    left = s3.list_object_versions(Bucket=bucket)
    assert "Versions" not in left
    assert "DeleteMarkers" not in left


def test_more_objects_than_one_request_takes_are_erased(bucket: str) -> None:
    s3 = boto3.client("s3", region_name=REGION)
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"jobs/a/{number}", Body=b"")
    assert erase(BucketEraser(s3, bucket=bucket, page_size=2), "jobs/a/") == 5
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


@pytest.mark.usefixtures("aws")
def test_a_store_that_fails_is_a_temporary_error_without_its_text() -> None:
    with pytest.raises(TemporaryError) as caught:
        erase(open_eraser("s3://missing-bucket-name"), "jobs/a/")
    assert caught.value.code == Code.STORE_FAILED
    assert "missing-bucket-name" not in caught.value.message


class RefusingClient:
    """A bucket whose policy denies a deletion: S3 says so within an answer that is a success."""

    def list_object_versions(self, **_: object) -> dict[str, Any]:
        return {"Versions": [{"Key": "jobs/a/1", "VersionId": "1"}]}

    def delete_objects(self, **_: object) -> dict[str, Any]:
        return {"Errors": [{"Code": "AccessDenied", "Key": "jobs/a/1"}]}


def test_an_object_that_stays_is_an_error() -> None:
    with pytest.raises(TemporaryError):
        erase(BucketEraser(RefusingClient(), bucket="b"), "jobs/a/")

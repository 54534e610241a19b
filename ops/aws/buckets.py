"""Empties a bucket, all versions and delete markers, and deletes it. It can be run again; what is gone is gone."""

from typing import Final

from botocore.exceptions import ClientError  # type: ignore[import-untyped] # it has no types

from ops.errors import UserError
from ops.exit_codes import ExitCode

from .client import Client
from .errors import aws_errors, error_code

_MOST: Final = 1_000
_GONE: Final = {"NoSuchBucket", "404"}


def empty(client: Client, bucket: str) -> int:
    """Delete every version of every object, and return how many there were."""
    deleted = 0
    with aws_errors():
        try:
            while found := _some(client, bucket):
                deleted += _delete(client, bucket, found)
            _abort_uploads(client, bucket)
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
    return deleted


def remove(client: Client, bucket: str) -> int:
    """Empty the bucket and delete it."""
    deleted = empty(client, bucket)
    with aws_errors():
        try:
            client.delete_bucket(Bucket=bucket)
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
    return deleted


def _some(client: Client, bucket: str) -> list[dict[str, str]]:
    """Return up to a thousand versions and markers, as many as can be deleted at once."""
    page = client.list_object_versions(Bucket=bucket)
    found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    return [{"Key": it["Key"], "VersionId": it["VersionId"]} for it in found[:_MOST]]


def _delete(client: Client, bucket: str, objects: list[dict[str, str]]) -> int:
    refused = client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True}).get("Errors", [])
    if refused:
        sentence = f"{len(refused)} objects of {bucket} could not be deleted ({refused[0].get('Code')})"
        raise UserError(ExitCode.DENIED, sentence, "use credentials that may delete versions (s3:DeleteObjectVersion)")
    return len(objects)


def _abort_uploads(client: Client, bucket: str) -> None:
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])

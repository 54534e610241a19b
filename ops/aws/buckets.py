"""Empties and deletes a bucket with all versions and delete markers. Repeating it is safe."""

from typing import Final

from botocore.exceptions import ClientError  # type: ignore[import-untyped] # it has no types

from ops.errors import UserError
from ops.exit_codes import ExitCode

from .client import Client
from .errors import aws_errors, error_code

_MAX_KEYS: Final = 1_000  # keys in one DeleteObjects request
MISSING_BUCKET_CODES: Final = {"NoSuchBucket", "404"}


def empty_bucket(client: Client, bucket: str) -> int:
    """Delete every version of every object, and return their number; a missing bucket is empty."""
    deleted = 0
    with aws_errors():
        try:
            while versions := _list_versions(client, bucket):
                deleted += _delete_versions(client, bucket, versions)
            _abort_uploads(client, bucket)
        except ClientError as error:
            if error_code(error) not in MISSING_BUCKET_CODES:
                raise
    return deleted


def delete_bucket(client: Client, bucket: str) -> int:
    """Empty the bucket and delete it; return the number of deleted versions."""
    deleted = empty_bucket(client, bucket)
    with aws_errors():
        try:
            client.delete_bucket(Bucket=bucket)
        except ClientError as error:
            if error_code(error) not in MISSING_BUCKET_CODES:
                raise
    return deleted


def _list_versions(client: Client, bucket: str) -> list[dict[str, str]]:
    """Return as many versions and delete markers as one request can delete."""
    page = client.list_object_versions(Bucket=bucket)
    versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    return [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions[:_MAX_KEYS]]


def _delete_versions(client: Client, bucket: str, versions: list[dict[str, str]]) -> int:
    errors = client.delete_objects(Bucket=bucket, Delete={"Objects": versions, "Quiet": True}).get("Errors", [])
    if errors:
        sentence = f"{len(errors)} objects of {bucket} could not be deleted ({errors[0].get('Code')})"
        raise UserError(ExitCode.DENIED, sentence, "use credentials with s3:DeleteObjectVersion")
    return len(versions)


def _abort_uploads(client: Client, bucket: str) -> None:
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])

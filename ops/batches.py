"""Batches at the command line: the files of a folder, or the items of a list, as one batch."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from contract.batches import MAX_ITEMS, MAX_REQUEST_BYTES, Batch, BatchAccepted, BatchRequest, BatchState
from contract.uploads import UploadPurpose

from .api import Api
from .errors import UserError
from .exit_codes import ExitCode
from .job_options import JobOptions, RequestOptions
from .uploads import read_file, upload_file

_UPLOADS_AT_ONCE: Final = 8
_POLL_SECONDS: Final = 2.0
_ENDED_STATES: Final = (BatchState.ENDED, BatchState.CANCELED, BatchState.FAILED)


def list_files(folder: Path) -> list[Path]:
    """Return the files of a folder, without hidden ones and without folders in it."""
    files = sorted(one for one in folder.iterdir() if one.is_file() and not one.name.startswith("."))
    if not 1 <= len(files) <= MAX_ITEMS:
        raise UserError(ExitCode.USAGE, f"{folder} has {len(files)} files", f"a batch has 1 to {MAX_ITEMS}")
    return files


def submit_folder(api: Api, folder: Path, options: JobOptions) -> BatchAccepted:
    """Upload the files of a folder, and submit a job for each. The same files with the same options are one batch."""
    files = list_files(folder)
    with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
        uploads = pool.map(lambda file: options.make_job(str(file), partial(upload_file, api)), files)
        items = [{"jobId": job.job_id, "uploadId": job.upload_id} for job in uploads]
    return api.submit_batch(BatchRequest(items=items, requester_id=options.requester_id, defaults=options.fields))


def submit_list(api: Api, file: Path, options: RequestOptions, batch_id: str | None) -> BatchAccepted:
    """Submit the items of a file, one JSON object in each line. A file too large for a request is uploaded before."""
    content = read_file(file).content
    items = [_parse_line(number, line) for number, line in enumerate(_split_lines(file, content), 1) if line.strip()]
    batch = BatchRequest(items=items, requester_id=options.requester_id, batch_id=batch_id, defaults=options.fields)
    if len(batch.to_json()) > MAX_REQUEST_BYTES:
        manifest = api.upload(file.name, content, purpose=UploadPurpose.MANIFEST)
        batch = replace(batch, items=[], upload_id=manifest)
    return api.submit_batch(batch)


def wait_for_batch(api: Api, batch_id: str) -> Batch:
    """Return a batch once all its jobs have ended."""
    while (batch := api.batch(batch_id)).state not in _ENDED_STATES:
        time.sleep(_POLL_SECONDS)
    return batch


def exit_code_of(batch: Batch) -> ExitCode:
    """Return the exit code for a batch's state: success if each of its jobs is done."""
    if batch.state is BatchState.CANCELED:
        return ExitCode.CANCELED
    if batch.state not in _ENDED_STATES:
        return ExitCode.RUNNING
    return ExitCode.OK if batch.counts == {"done": batch.total} else ExitCode.FAILED


def _split_lines(file: Path, content: bytes) -> list[str]:
    try:
        return content.decode("utf-8-sig").split("\n")  # spreadsheets write a mark before the text
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(ExitCode.USAGE, f"line {line} of {file} is not UTF-8", "save the file as UTF-8") from None


def _parse_line(number: int, line: str) -> dict[str, Any]:
    try:
        item = json.loads(line)
    except ValueError as error:
        raise UserError(ExitCode.USAGE, f"line {number} is not JSON: {error}") from None
    if not isinstance(item, dict):
        raise UserError(ExitCode.USAGE, f"line {number} is not a JSON object")
    return item

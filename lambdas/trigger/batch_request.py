"""Parses a batch: every item is checked before anything is recorded, and the first wrong one is named."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from contract.batches import MAX_BATCH_ID, MAX_ITEMS, BatchRequest, item_id
from contract.job import DocumentJob

from .errors import ProblemError, bad_request
from .gateway import Request
from .ports import Ports
from .request import (
    DOCUMENT_URL,
    PASSWORD,
    REQUESTER,
    UPLOAD_ID,
    fill_in_requester,
    parse_form,
    parse_job,
    parse_object,
)
from .submit import find_problem

MAX_BODY_BYTES: Final = 4_000_000  # Lambda takes 6 MB, and the event has escapes and headers beside the body
FORM: Final = (
    f"a batch has {REQUESTER}, items (a list of 1 to {MAX_ITEMS} jobs) and, if you like, batchId (1 to {MAX_BATCH_ID}"
    " characters of A-Z a-z 0-9 _ -) and defaults (fields for all items), and nothing else"
)
_OWN_FIELDS: Final = ("jobId", DOCUMENT_URL, UPLOAD_ID)
_MAX_LOOKUPS: Final = 32  # of uploads, at a time


def parse_batch(request: Request) -> BatchRequest:
    """Parse the body, or say what a batch is. Its items are not looked at yet."""
    values = fill_in_requester(parse_object(request, max_bytes=MAX_BODY_BYTES), request.caller.requester_id)
    items = values.get("items")
    if isinstance(items, list) and len(items) > MAX_ITEMS:
        raise bad_request(f"the batch has {len(items)} items: send at most {MAX_ITEMS} in one")
    batch = parse_form(values, BatchRequest, FORM)
    if own := next((name for name in _OWN_FIELDS if name in batch.defaults), None):
        raise bad_request(f"{own} is no default: each item has its own")
    return batch


def read_jobs(ports: Ports, request: Request, batch: BatchRequest, batch_id: str) -> list[DocumentJob]:
    """Return the jobs of the items. Raises the problem of the first wrong item."""
    jobs = [_read_job(ports, batch, batch_id, place) for place in range(len(batch.items))]
    _refuse_repeated_ids(jobs)
    with ThreadPoolExecutor(_MAX_LOOKUPS) as pool:  # a request to the object store for each upload
        for place, problem in enumerate(pool.map(partial(find_problem, ports, request), jobs)):
            if problem:
                raise problem.about(_name_item(place))
    return jobs


def _read_job(ports: Ports, batch: BatchRequest, batch_id: str, place: int) -> DocumentJob:
    try:
        values = {**batch.defaults, **batch.items[place]}
        _refuse_fields(values)
        values[REQUESTER] = batch.requester_id
        return parse_job(values, types=ports.types, default_id=item_id(batch_id, place))
    except ProblemError as problem:
        raise problem.about(_name_item(place)) from problem


def _refuse_fields(values: Mapping[str, Any]) -> None:
    if REQUESTER in values:
        raise bad_request(f"{REQUESTER} is a field of the batch, and the same for all its items")
    if values.get(PASSWORD) is not None:
        raise bad_request(f"{PASSWORD} is no field of an item, which the object store holds: send that job by itself")


def _refuse_repeated_ids(jobs: list[DocumentJob]) -> None:
    places = dict[str, int]()
    for place, job in enumerate(jobs):
        if (first := places.setdefault(job.job_id, place)) != place:
            raise bad_request(f"items {first + 1} and {place + 1} have the same jobId, {job.job_id}")


def _name_item(place: int) -> str:
    """Return the number of an item, from 1."""
    return f"item {place + 1}"

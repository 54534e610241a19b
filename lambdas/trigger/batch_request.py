"""Parses a batch: every item is checked before anything is recorded, and the first wrong one is named."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from contract.batches import MAX_BATCH_ID, MAX_ITEMS, MAX_REQUEST_BYTES, BatchRequest, item_id
from contract.job import DocumentJob

from .errors import ProblemError, bad_request
from .gateway import Request
from .manifest import list_manifest_items
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

FORM: Final = (
    f"a batch has {REQUESTER}, items (a list of 1 to {MAX_ITEMS} jobs) or the {UPLOAD_ID} of a manifest and, if you"
    f" like, batchId (1 to {MAX_BATCH_ID} characters of A-Z a-z 0-9 _ -) and defaults (fields for all items), and"
    " nothing else"
)
_OWN_FIELDS: Final = ("jobId", DOCUMENT_URL, UPLOAD_ID)
_MAX_LOOKUPS: Final = 32  # uploads that are looked up at a time


@dataclass(frozen=True)
class _Item:
    """The fields of one item, and where the client finds it."""

    unit: str  # item or line
    number: int  # from 1
    fields: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What a sentence about the item begins with."""
        return f"{self.unit} {self.number}"


def parse_batch(request: Request) -> BatchRequest:
    """Parse the body, or say what a batch is. Its items are not looked at yet."""
    values = fill_in_requester(parse_object(request, max_bytes=MAX_REQUEST_BYTES), request.caller.requester_id)
    items = values.get("items")
    if isinstance(items, list) and len(items) > MAX_ITEMS:
        raise bad_request(f"the batch has {len(items)} items: send at most {MAX_ITEMS} in one")
    batch = parse_form(values, BatchRequest, FORM)
    if bool(batch.items) == (batch.upload_id is not None):  # both, or neither
        raise bad_request(FORM)
    if own := next((name for name in _OWN_FIELDS if name in batch.defaults), None):
        raise bad_request(f"{own} is no default: each item has its own")
    return batch


def read_jobs(ports: Ports, request: Request, batch: BatchRequest, batch_id: str) -> list[DocumentJob]:
    """Return the jobs of the items. Raises the problem of the first wrong item."""
    items = _list_items(ports, request, batch)
    jobs = {
        item.name: _read_job(ports, batch, item, item_id(batch_id, place)) for place, item in enumerate(items)
    }  # by the names of their items
    _refuse_repeated_ids(items, list(jobs.values()))
    with ThreadPoolExecutor(_MAX_LOOKUPS) as pool:  # a request to the object store for each upload
        for name, problem in zip(jobs, pool.map(partial(find_problem, ports, request), jobs.values()), strict=True):
            if problem:
                raise problem.about(name)
    return list(jobs.values())


def _list_items(ports: Ports, request: Request, batch: BatchRequest) -> list[_Item]:
    """Return the items of the request, or of the manifest that it names."""
    if batch.upload_id is None:
        return [_Item("item", number, fields) for number, fields in enumerate(batch.items, start=1)]
    lines = list_manifest_items(ports, request, batch.upload_id)
    return [_Item("line", number, fields) for number, fields in lines.items()]


def _read_job(ports: Ports, batch: BatchRequest, item: _Item, default_id: str) -> DocumentJob:
    try:
        values = {**batch.defaults, **item.fields}
        _refuse_fields(values)
        values[REQUESTER] = batch.requester_id
        return parse_job(values, types=ports.types, default_id=default_id)
    except ProblemError as problem:
        raise problem.about(item.name) from problem


def _refuse_fields(values: Mapping[str, Any]) -> None:
    if REQUESTER in values:
        raise bad_request(f"{REQUESTER} is a field of the batch, and the same for all its items")
    if values.get(PASSWORD) is not None:
        raise bad_request(f"{PASSWORD} is no field of an item, which the object store holds: send that job by itself")


def _refuse_repeated_ids(items: list[_Item], jobs: list[DocumentJob]) -> None:
    first = dict[str, _Item]()
    for item, job in zip(items, jobs, strict=True):
        if (other := first.setdefault(job.job_id, item)) is not item:
            numbers = f"{other.number} and {item.number}"
            raise bad_request(f"{item.unit}s {numbers} have the same jobId, {job.job_id}")

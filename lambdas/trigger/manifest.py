"""Reads the manifest of a batch: an upload with one item in each line, as JSON Lines has it.

An upload never changes once it is complete, so its id stands for its content, and a repeated batch is not read again.
The trigger may read manifests but no documents: the two have different keys, and the client says which one it uploads.
"""

import obstore
from obstore.exceptions import BaseError

from contract.batches import MAX_ITEMS
from contract.object_keys import manifest_key

from .errors import ProblemError, bad_request, store_unavailable
from .gateway import Request
from .object_store import open_objects
from .ports import Ports
from .problems import manifest_missing
from .request import parse_json
from .uploads import is_own_upload, is_stored

type NumberedItems = dict[int, dict[str, object]]  # the fields of each item, by its number from 1


def list_manifest_items(ports: Ports, request: Request, upload_id: str) -> NumberedItems:
    """Return the items of a manifest by their lines. Blank lines have none."""
    if not is_own_upload(request, upload_id):
        raise manifest_missing(upload_id)
    lines = _split_lines(read_manifest(ports.store_url, upload_id))
    if not 1 <= len(lines) <= MAX_ITEMS:
        raise bad_request(f"the manifest has {len(lines)} items: a batch has 1 to {MAX_ITEMS}")
    return {number: _parse(number, line) for number, line in lines.items()}


def read_manifest(store_url: str, upload_id: str) -> bytes:
    """Return the content of a manifest."""
    key = manifest_key(upload_id)
    if not is_stored(store_url, key):
        raise manifest_missing(upload_id)
    try:
        return obstore.get(open_objects(store_url), key).bytes().to_bytes()
    except (BaseError, OSError) as error:
        raise store_unavailable() from error


def _split_lines(content: bytes) -> dict[int, str]:
    """Return the lines that are not blank, by their numbers. Only a line feed ends one: JSON has other separators."""
    try:
        text = content.decode("utf-8-sig")  # spreadsheets write a mark before the text
    except UnicodeError as error:
        raise bad_request("the manifest is not UTF-8") from error
    return {number: line for number, line in enumerate(text.split("\n"), start=1) if line.strip()}


def _parse(number: int, line: str) -> dict[str, object]:
    try:
        return parse_json(line.strip(), "the item")
    except ProblemError as problem:
        raise problem.about(f"line {number}") from problem

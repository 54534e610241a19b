"""Why a job failed, for programs. A code is never renamed: clients decide by it."""

from enum import StrEnum
from typing import Final

UNEXPECTED: Final = "unexpected"  # the toolkit's code for any exception that is none of its errors
_UNEXPECTED_MESSAGE: Final = "unexpected error: the worker's log has the details"


def public_message(code: str, message: str) -> str:
    """Return the message that the requester may read: that of an unexpected error may name paths and hosts."""
    return _UNEXPECTED_MESSAGE if code == UNEXPECTED else message


class Code(StrEnum):
    """What can be wrong with a document, or with getting it, once trying again has not helped or cannot."""

    URL_REFUSED = "url_refused"  # not https, a private address, a bucket that is not allowed
    NOT_FOUND = "document_not_found"  # 404, 410
    FORBIDDEN = "document_forbidden"  # 401, 403
    REFUSED = "document_refused"  # any other answer by which the server gives none, now or later: 400, 300
    TOO_LARGE = "document_too_large"
    EMPTY = "document_empty"
    UNSUPPORTED = "document_unsupported"  # its bytes are of no type that we read
    ENCRYPTED = "document_encrypted"
    DAMAGED = "document_damaged"  # truncated, not parseable
    NO_PAGES = "document_has_no_pages"
    TOO_COMPLEX = "document_too_complex"  # a bomb, or a page beyond all measure: it hit a limit
    UNAVAILABLE = "document_unavailable"  # its server did not answer, or too slowly, however often it was asked
    DEADLINE = "deadline_exceeded"  # the job was not done in its time
    TYPE_UNKNOWN = "type_unknown"  # the worker has no type of documents of this name
    ANALYZER_REFUSED = "analyzer_refused"  # its provider takes no such request: credentials, model, quota, settings
    ANALYZER_UNAVAILABLE = "analyzer_unavailable"  # its provider did not answer, however often it was asked
    ANALYZER_ANSWER = "analyzer_answer_unusable"  # what it answered is no answer
    RECOGNIZER_REFUSED = "recognizer_refused"  # the provider of recognition takes no such request
    RECOGNIZER_UNAVAILABLE = "recognizer_unavailable"  # the provider of recognition did not answer
    RECOGNIZER_ANSWER = "recognizer_answer_unusable"  # what it answered is no answer
    COST_LIMIT = "cost_limit"  # going on would cost more than the job may, and nobody raised the limit
    STORE_FAILED = "store_failed"  # the object store, or the worker's disk, say a full one, however often it was tried
    STORED_CHANGED = "stored_object_changed"  # what a step reads from the store is not what an earlier one wrote

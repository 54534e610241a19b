"""Codes of failed jobs. A code is never renamed, because clients depend on it."""

from enum import StrEnum
from typing import Final

UNEXPECTED_CODE: Final = "unexpected"  # the toolkit's code for any exception without a code
_UNEXPECTED_MESSAGE: Final = "unexpected error: the worker's log has the details"


def public_message(code: str, message: str) -> str:
    """Return the message for the requester.

    The message of an unexpected error may name paths and hosts, so it is hidden.
    """
    return _UNEXPECTED_MESSAGE if code == UNEXPECTED_CODE else message


class Code(StrEnum):
    """Why a job failed, after all retries. Each is about the document, a provider, a limit or the store."""

    URL_REFUSED = "url_refused"  # not https, a private address, a bucket that is not allowed
    NOT_FOUND = "document_not_found"  # 404, 410
    FORBIDDEN = "document_forbidden"  # 401, 403
    REFUSED = "document_refused"  # any other final refusal of its server: 400, 300
    TOO_LARGE = "document_too_large"
    EMPTY = "document_empty"
    UNSUPPORTED = "document_unsupported"  # its bytes have no supported format
    ENCRYPTED = "document_encrypted"
    DAMAGED = "document_damaged"  # truncated, not parseable
    NO_PAGES = "document_has_no_pages"
    TOO_COMPLEX = "document_too_complex"  # a decompression bomb, or an enormous page: it hit a limit
    UNAVAILABLE = "document_unavailable"  # its server did not answer in any attempt, or was too slow
    DEADLINE = "deadline_exceeded"  # the job was not done by its deadline
    TYPE_UNKNOWN = "type_unknown"  # the worker has no document type of this name
    ANALYZER_REFUSED = (
        "analyzer_refused"  # the model's provider refuses the request: credentials, model, quota, settings
    )
    ANALYZER_UNAVAILABLE = "analyzer_unavailable"  # the model's provider did not answer in any attempt
    ANALYZER_ANSWER = "analyzer_answer_unusable"  # the model's answer is invalid
    OCR_REFUSED = "ocr_refused"  # the OCR provider refuses the request
    OCR_UNAVAILABLE = "ocr_unavailable"  # the OCR provider did not answer in any attempt
    OCR_ANSWER = "ocr_answer_unusable"  # the OCR provider's answer is invalid
    COST_LIMIT = "cost_limit"  # the rest would cost more than the limit, and no approver raised it
    REVIEW_REJECTED = "rejected_by_reviewer"  # the reviewer refused the findings
    REVIEW_TIMED_OUT = "review_timed_out"  # no reviewer answered in time
    STORE_FAILED = "store_failed"  # the object store or the worker's disk failed in every attempt
    NOTICE_FAILED = "notice_failed"  # never a job's: the channel did not take a notice, which is sent again later
    STORED_CHANGED = "stored_object_changed"  # an object in the store differs from what an earlier step wrote

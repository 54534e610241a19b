"""GET /jobs/<jobId>/pages/<page>: redirects to the image of a page, which a worker draws when it is first asked for.

The drawing has a durable promise of its own for each hour, so that clients who ask at the same time share one drawing.
Later clients find the stored image. A failure, such as that no worker ran, is tried again in the next hour.
"""

from typing import Any, Final

from contract.answers import STATES, JobFailure
from contract.api_value import ApiValue
from contract.names import (
    DRAW_PAGE,
    DRAW_PAGE_VERSION,
    NOTICES,
    PAGE,
    Step,
    Tag,
    page_id,
)
from durable.wire.errors import NotFound
from durable.wire.records import Promise, error_text
from durable.wire.roots import group_address, root_promise

from .errors import wrong_state
from .gateway import Request, Response
from .job_access import find_job
from .job_files import find_checkpoint, read_reference, redirect_to
from .ports import Ports
from .problems import no_such_page, page_not_drawn, page_not_ready
from .promise_wait import wait_until_settled
from .status import decode_value

MAX_WAIT_SECONDS: Final = 10.0  # a page takes a tenth of a second, unless others wait for the worker
RETRY_AFTER_SECONDS: Final = 2
MAX_PAGE: Final = 100_000
_LIFETIME_MS: Final = 600_000
_HOUR_MS: Final = 3_600_000


class PageRequest(ApiValue, frozen=True, kw_only=True):
    """What the worker reads as `contract.page_image.PageRequest`."""

    job_id: str
    original: dict[str, Any]
    number: int
    password: str | None = None


def answer(ports: Ports, request: Request, job_id: str, page: str) -> Response:
    """Answer one request."""
    end = ports.clock.monotonic() + MAX_WAIT_SECONDS
    job = find_job(ports, request, job_id)
    number = int(page) if page.isascii() and page.isdecimal() and 0 < len(page) <= len(str(MAX_PAGE)) else 0
    if not number:
        raise no_such_page(job_id, page)
    drawing = _find_or_create(ports, job, job_id, number)
    return _answer_drawing(ports, wait_until_settled(drawing, ports.server, ports.clock, end), job_id, page)


def _find_or_create(ports: Ports, job: Promise, job_id: str, number: int) -> Promise:
    """Find this hour's drawing of the page, or create it once the document is downloaded."""
    now_ms = int(ports.clock.now() * 1_000)
    name = f"{page_id(job_id, number)}-{now_ms // _HOUR_MS}"
    try:
        return ports.server.get(name)
    except NotFound:
        original = find_checkpoint(job_id, (Step.DOWNLOAD,), ports.server)
    if original is None:
        raise wrong_state(job_id, STATES[job.state], "its document is not downloaded, so no page can be drawn")
    drawn = PageRequest(job_id=job_id, original=original, number=number, password=_read_password(job))
    return ports.server.create(
        root_promise(
            name,
            DRAW_PAGE,
            drawn,
            target=group_address(NOTICES),
            version=DRAW_PAGE_VERSION,
            timeout_at=now_ms + _LIFETIME_MS,
            tags={Tag.KIND: PAGE, Tag.REQUESTER: job.tags.get(Tag.REQUESTER, "")},
        )
    )


def _answer_drawing(ports: Ports, drawing: Promise, job_id: str, page: str) -> Response:
    match drawing.state:
        case "resolved":
            file = read_reference(decode_value(drawing.value), job_id)
            if file is None:
                raise no_such_page(job_id, page)
            return redirect_to(ports, file)
        case "rejected":
            failure = JobFailure.parse(error_text(decode_value(drawing.value)))
            raise page_not_drawn(job_id, page, failure.code, failure.message)
        case _:
            raise page_not_ready(RETRY_AFTER_SECONDS)


def _read_password(job: Promise) -> str | None:
    """Return the password of the job's request, which opens its document."""
    match decode_value(job.param):
        case {"args": [{"documentPassword": str(password)}]}:
            return password
        case _:
            return None

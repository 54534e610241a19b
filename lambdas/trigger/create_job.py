"""POST /jobs: records a job, as POST /process-document does, and answers with its links."""

import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from contract.answers import STATES
from contract.jobs import JobAccepted, make_links

from .gateway import Request, Response
from .ports import Ports
from .request import parse_request, refuse_parameters
from .submit import record_known_type

_NO_HEADERS: Final[Mapping[str, str]] = {}
_ID_BYTES: Final = 16  # as many random bits as a UUID has, and more


def answer(ports: Ports, request: Request) -> Response:
    """Answer one request. Without a `jobId`, a repeated request makes another job."""
    refuse_parameters(request.query)
    job = parse_request(request, types=ports.types, default_id=os.urandom(_ID_BYTES).hex())
    ports.log.append_keys(jobId=job.job_id)
    promise, quotas = record_known_type(ports, request, job)
    return accept(ports, promise_state=promise.state, job_id=job.job_id, quotas=quotas)


def accept(ports: Ports, *, promise_state: str, job_id: str, quotas: Mapping[str, str] = _NO_HEADERS) -> Response:
    """Return the answer for a recorded job; `quotas` are the headers about quotas."""
    state = STATES[promise_state]
    ports.log.info("accepted", state=state)
    accepted = JobAccepted(id=job_id, state=state, links=make_links(job_id, state))
    return Response(HTTPStatus.ACCEPTED, accepted, {"Location": accepted.links.own, **quotas})

"""POST /invocations and GET /invocations/<id>: runs a durable function, and reads its result."""

from contextlib import suppress
from http import HTTPStatus
from typing import Final

from contract.answers import STATES, JobFailure
from contract.functions import (
    INVOCABLE,
    InvocableFunction,
    Invocation,
    InvocationAccepted,
    InvocationAnswer,
    InvocationCanceled,
    InvocationDone,
    InvocationFailed,
    InvocationNotFound,
    InvocationProcessing,
    WrongArgumentsError,
    make_id,
)
from contract.names import FUNCTIONS_ADDRESS, INVOCATION, Tag, invocation_id
from durable.wire.errors import NotFound
from durable.wire.records import Promise, error_text
from durable.wire.roots import root_promise, trace_tags

from .errors import ProblemError
from .gateway import Request, Response
from .job_access import find_reachable
from .ports import Ports
from .problems import invalid_arguments, invocation_id_taken, unknown_function
from .request import ALLOWED_VALUES, parse_form, parse_object
from .status import decode_value, make_poll_headers
from .submit import LIFETIME_MS

FORM: Final = (
    "an invocation has function (a name) and, if you like, args (a list of its arguments) and id"
    f" ({ALLOWED_VALUES['jobId']}), and nothing else"
)
_DIGEST_CHARACTERS: Final = 16  # 64 bits; if two requests had the same id, the second would be refused


def answer_invoke(ports: Ports, request: Request) -> Response:
    """Answer a request to invoke a function."""
    invocation = parse_form(parse_object(request), Invocation, FORM)
    ports.log.append_keys(invocation=choose_id(invocation))
    accepted = invoke(ports, request, invocation)
    ports.log.info("invoked", function=invocation.function, state=accepted.state)
    return Response(HTTPStatus.ACCEPTED, accepted, {"Location": accepted.status_url})


def answer_read(ports: Ports, request: Request, name: str) -> Response:
    """Answer with the state of an invocation, by its id.

    To the caller, another requester's invocation does not exist.
    """
    ports.log.append_keys(invocation=name)
    promise = find_reachable(ports, request, name, invocation_id(name))
    if promise is None:
        return Response(HTTPStatus.NOT_FOUND, InvocationNotFound(id=name))
    return Response(HTTPStatus.OK, _read_answer(promise, name), make_poll_headers(ports, promise))


def choose_id(invocation: Invocation) -> str:
    """Return the client's id, or else an id that depends only on function and arguments."""
    return invocation.id or make_id(invocation.function, invocation.digest()[:_DIGEST_CHARACTERS])


def invoke(ports: Ports, request: Request, invocation: Invocation) -> InvocationAccepted:
    """Create the promise of an invocation, or find the promise of an earlier equal request."""
    try:
        function = _find_function(invocation, has_functions=ports.has_functions)
    except ProblemError:
        # A repeated request gets the same answer, even if the function is no longer known, or takes other arguments.
        with suppress(NotFound):
            return _accept(request, invocation, ports.server.get(invocation_id(choose_id(invocation))))
        raise
    requester_id = request.caller.requester_id
    wanted = root_promise(
        invocation_id(choose_id(invocation)),
        function.name,
        *invocation.args,
        version=function.version,
        target=FUNCTIONS_ADDRESS,
        timeout_at=int(ports.clock.now() * 1_000) + LIFETIME_MS,
        tags=trace_tags(request.traceparent)
        | {Tag.KIND: INVOCATION, Tag.DIGEST: invocation.digest()}
        | ({Tag.REQUESTER: requester_id} if requester_id else {}),
    )
    return _accept(request, invocation, ports.server.create(wanted))


def _find_function(invocation: Invocation, *, has_functions: bool) -> InvocableFunction:
    """Return the function, if there is one that takes these arguments."""
    function = INVOCABLE.get(invocation.function) if has_functions else None
    if function is None:
        raise unknown_function(invocation.function, INVOCABLE if has_functions else ())
    try:
        function.check_arguments(invocation.args)
    except WrongArgumentsError as error:
        raise invalid_arguments(str(error)) from error
    return function


def _accept(request: Request, invocation: Invocation, promise: Promise) -> InvocationAccepted:
    name = choose_id(invocation)
    is_own = request.caller.may_reach(promise.tags.get(Tag.REQUESTER))
    if not is_own or promise.tags.get(Tag.DIGEST) != invocation.digest():
        raise invocation_id_taken(name)
    return InvocationAccepted(id=name, status_url=f"/invocations/{name}", state=STATES[promise.state])


def _read_answer(promise: Promise, name: str) -> InvocationAnswer:
    match promise.state:
        case "pending":
            return InvocationProcessing(id=name)
        case "resolved":
            return InvocationDone(id=name, result=decode_value(promise.value))
        case "rejected":
            return InvocationFailed(id=name, error=JobFailure.parse(error_text(decode_value(promise.value))))
        case "rejected_timedout":
            return InvocationFailed(id=name, error=JobFailure.by_deadline())
        case "rejected_canceled":
            return InvocationCanceled(id=name)

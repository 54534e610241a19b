"""The Lambda function of the custom resource. What may fail is imported late, so that it always responds."""

from lambdas.resource.responder import Context, Event, respond
from lambdas.resource.response import Outcome


def handler(event: Event, context: Context) -> None:
    """Respond to one request."""
    respond(event, context, _prove)


def _prove(event: Event, seconds: float) -> Outcome:
    from .server_proof import ServerProof  # noqa: PLC0415 see the module's first line

    proof = ServerProof.open(event)
    if proof.is_needed():
        proof.run(seconds)
    return Outcome()

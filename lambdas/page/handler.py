"""The Lambda function of the custom resource. What may fail is imported late, so that it always responds."""

from lambdas.resource.responder import Context, Event, respond
from lambdas.resource.response import Outcome


def handler(event: Event, context: Context) -> None:
    """Respond to one request. A deletion empties the bucket, which CloudFormation could not delete otherwise."""
    respond(event, context, _publish, delete=_remove)


def _publish(event: Event, seconds: float) -> Outcome:
    from contract.console_page import SignIn  # noqa: PLC0415 see the module's first line

    from .page_bucket import open_bucket  # noqa: PLC0415 as above
    from .publishing import publish  # noqa: PLC0415 as above

    properties = event["ResourceProperties"]
    sign_in = SignIn(provider=properties["Provider"], client=properties["Client"])
    publish(open_bucket(properties["Bucket"], seconds), sign_in)
    return Outcome()


def _remove(event: Event, seconds: float) -> Outcome:
    from .page_bucket import open_bucket  # noqa: PLC0415 see the module's first line

    bucket = open_bucket(event["ResourceProperties"]["Bucket"], seconds)
    bucket.delete(bucket.list())
    return Outcome()

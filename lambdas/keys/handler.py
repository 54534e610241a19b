"""The Lambda function of the custom resource. What may fail is imported late, so that it always responds."""

import time
from typing import Final

from lambdas.resource.responder import Context, Event, respond
from lambdas.resource.response import Outcome

_RESERVED_SECONDS: Final = 10.0  # kept of the time to work in, for what follows a denied call


def handler(event: Event, context: Context) -> None:
    """Respond to one request. A deletion changes no secret."""
    respond(event, context, _provision)


def _provision(event: Event, seconds: float) -> Outcome:
    from lambdas.resource.denials import DenialRetry  # noqa: PLC0415 see the module's first line

    from .properties import KeyProperties  # noqa: PLC0415 as above
    from .provisioning import provision_keys  # noqa: PLC0415 as above
    from .secret_store import open_secret_store  # noqa: PLC0415 as above

    properties = KeyProperties.parse(event.get("ResourceProperties") or {})
    store = open_secret_store(properties.signing_arn, DenialRetry(seconds=seconds - _RESERVED_SECONDS))
    versions = provision_keys(properties, store, now=time.time())
    return Outcome(data=properties.attributes(versions))

"""The delivery of an event to a client's receiver: its request and its receipt."""

from pydantic import Field

from .model import Value
from .notice import JobEvent


class Delivery(Value):
    """A request to deliver an event."""

    url: str = Field(repr=False)
    event: JobEvent


class DeliveryReceipt(Value):
    """The status with which the receiver took an event."""

    status: int

"""The image of a page, which people see beside its findings. The worker draws it at the first request."""

from pydantic import Field

from .model import JobId, Password, Value
from .reading import Original, Reference


class PageRequest(Value):
    """A page of a job's document to draw, counted from 1."""

    job_id: JobId
    original: Original
    number: int
    password: Password | None = Field(default=None, repr=False, exclude_if=lambda it: it is None)


class PageImage(Value):
    """Where the image is stored; nowhere if the document has no such page, or no pages that can be drawn."""

    reference: Reference | None = None

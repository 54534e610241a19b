"""Draw a page of a job's document for people: a workflow of one step, which runs once for each page.

It is a job of its own, so that it waits behind no document and outlives the request that asked for it. Its image is
stored beside the job's other objects, and is deleted with them.
"""

from typing import Final

from contract.names import DRAW_PAGE, DRAW_PAGE_VERSION
from contract.object_keys import job_prefix
from contract.page_image import PageImage, PageRequest
from durable import Context, step, workflow
from worker.providers.retries import STEP_RETRY
from worker.steps.ports import Ports
from worker.steps.stored_pages import local_copy

_TIMEOUT_SECONDS: Final = 300.0


class PageImageWorkflow:
    """`draw_page` is the workflow."""

    def __init__(self, ports: Ports) -> None:
        self._ports: Final = ports

    @workflow(name=DRAW_PAGE, version=DRAW_PAGE_VERSION)
    async def draw_page(self, ctx: Context, request: PageRequest) -> PageImage:
        """Draw one page."""
        return await ctx.run(self.store_image, request)

    @step(timeout=_TIMEOUT_SECONDS, retry=STEP_RETRY)
    async def store_image(self, request: PageRequest) -> PageImage:
        """Draw the page unless its image is stored."""
        key = image_key(request)
        if stored := await self._ports.store.find(key):
            return PageImage(reference=stored)
        original = request.original
        async with local_copy(original, self._ports.store) as file:
            content = await self._ports.reader.draw(
                file, original.media_type, request.number, password=request.password
            )
        return PageImage(reference=await self._ports.store.create(key, content) if content else None)


def image_key(request: PageRequest) -> str:
    """Return where the image is stored; the key has the document's hash, so documents never mix."""
    document = request.original.reference.sha256[:16]
    return f"{job_prefix(request.job_id)}/images/{document}-{request.number:05}.webp"

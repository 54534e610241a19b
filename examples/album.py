"""Thumbnails of a thousand pictures, ten at a time. A few may fail; too many end the job early."""

import asyncio
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel

from durable import Completion, Context, PermanentError, map_steps, step, workflow

MAX_PIXELS = 128  # of each side
A_FEW_MAY_FAIL = Completion(tolerated_share=0.05)


class Album(BaseModel):
    """What became of the pictures; the thumbnails are beside them."""

    done: int
    failed: list[str]


@step(timeout=60)
async def shrink(picture: str) -> str:
    """Write a thumbnail beside a picture; return its path."""
    return await asyncio.to_thread(_shrink, Path(picture))


def _shrink(picture: Path) -> str:
    thumbnail = picture.with_suffix(".thumbnail.png")
    try:
        with Image.open(picture) as image:
            image.thumbnail((MAX_PIXELS, MAX_PIXELS))
            image.save(thumbnail)
    except UnidentifiedImageError as error:
        raise PermanentError("no_picture", f"{picture.name} is no picture") from error
    return str(thumbnail)


@workflow(name="make_album", version=1)
async def make_album(ctx: Context, pictures: list[str]) -> Album:
    """Shrink all pictures."""
    batch = await map_steps(ctx, shrink, pictures, max_at_once=10, completion=A_FEW_MAY_FAIL)
    thumbnails = batch.get()
    return Album(done=len(thumbnails), failed=[pictures[index] for index in batch.errors])

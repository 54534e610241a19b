"""The image of a page: a step that draws it once, in color, in a child process with limits."""

import asyncio
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from contract.codes import Code
from contract.page_image import PageImage, PageRequest
from contract.reading import MediaType, Original
from durable import PermanentError
from tests.worker.documents import encode_picture, make_image_bomb, make_pdf
from tests.worker.fake_ports import make_ports, run_step
from worker.adapters.object_store import Store
from worker.workflows.page_image import PageImageWorkflow

A4_AT_2_MEGAPIXELS = (1189, 1683)


class PageLab:
    """A store with one document, whose pages are drawn."""

    def __init__(self, folder: Path, content: bytes, media_type: MediaType = MediaType.PDF) -> None:
        self.store = Store.open((folder / "store").as_uri())
        reference = asyncio.run(self.store.create("jobs/job-1/original", content))
        self._original = Original(reference=reference, media_type=media_type)
        self._workflow = PageImageWorkflow(make_ports(self.store))

    def draw(self, number: int, password: str | None = None) -> PageImage:
        """Run the step."""
        request = PageRequest(job_id="job-1", original=self._original, number=number, password=password)
        return run_step(self._workflow.store_image, request)

    def open(self, image: PageImage) -> Image.Image:
        """Return the stored image."""
        assert image.reference
        return Image.open(BytesIO(asyncio.run(self.store.read(image.reference))), formats=["WEBP"])


def test_a_page_is_drawn_once_and_shows_its_words(tmp_path: Path) -> None:
    lab = PageLab(tmp_path, make_pdf("Nothing here", "Total EUR 12.00"))
    first, again = lab.draw(2), lab.draw(2)
    assert first == again
    image = lab.open(first)
    assert image.size == A4_AT_2_MEGAPIXELS
    assert sum(image.convert("L").histogram()[:64]) > 100  # the dark pixels of the letters
    assert [file.name for file in tmp_path.rglob("*.webp")] == [first.reference and Path(first.reference.key).name]


def test_there_is_no_image_behind_the_last_page(tmp_path: Path) -> None:
    assert PageLab(tmp_path, make_pdf("one")).draw(2) == PageImage()


def test_a_word_document_has_no_pages(tmp_path: Path) -> None:
    assert PageLab(tmp_path, b"not opened", MediaType.DOCX).draw(1) == PageImage()


def test_the_frames_of_a_fax_are_pages_and_keep_their_colors(tmp_path: Path) -> None:
    frames = Image.new("RGB", (40, 30), "white"), Image.new("RGB", (4_000, 3_000), "red")
    lab = PageLab(tmp_path, encode_picture(frames[0], "TIFF", frames[1]), MediaType.TIFF)
    image = lab.open(lab.draw(2)).convert("RGB")
    assert image.width * image.height <= 2_010_000
    assert image.width / image.height == pytest.approx(4 / 3, abs=0.01)
    assert [one > 200 for one in image.resize((1, 1)).tobytes()] == [True, False, False]  # red


def test_a_locked_document_opens_with_its_password(tmp_path: Path) -> None:
    lab = PageLab(tmp_path, make_pdf("secret", password="key"))  # noqa: S106
    with pytest.raises(PermanentError) as raised:
        lab.draw(1)
    assert raised.value.code == Code.ENCRYPTED
    assert lab.open(lab.draw(1, "key")).size == A4_AT_2_MEGAPIXELS


def test_a_hostile_page_ends_its_child(tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as raised:
        PageLab(tmp_path, make_image_bomb()).draw(1)
    assert raised.value.code == Code.TOO_COMPLEX

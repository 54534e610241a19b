"""A damaged document ends in a code of documents, whatever its damage: `unexpected` would blame this program.

Small files of each format get random damage, and are read as the child process reads them. A seed repeats a run.
"""

import io
from contextlib import suppress
from pathlib import Path
from random import Random
from zipfile import ZIP_STORED

import pytest
from PIL import Image

from contract.reading import MediaType
from durable import PermanentError
from tests.fresh_process import run_in_own_process
from tests.seeds import RUN_SEED, repeat_command
from tests.worker import documents
from worker.documents import pdf, picture
from worker.documents.survey import DocumentFile, survey

from .word_documents import LINE, make_parts, zip_parts

MUTATIONS = 300
SOAK_MUTATIONS = 30_000
FRAMES = 3


def draw_picture(kind: str, mode: str, **options: object) -> bytes:
    """Return a noisy picture of several frames, where its format has them."""
    frames = [Image.effect_noise((30, 20), 60).convert(mode) for _ in range(FRAMES)]
    more = {} if kind == "JPEG" else {"save_all": True, "append_images": frames[1:]}
    out = io.BytesIO()
    frames[0].save(out, kind, **more, **options)
    return out.getvalue()


def make_originals() -> list[tuple[MediaType, bytes]]:
    """Return small good documents."""
    return [
        (MediaType.PNG, draw_picture("PNG", "L")),
        (MediaType.PNG, draw_picture("PNG", "P")),
        (MediaType.JPEG, draw_picture("JPEG", "RGB")),
        (MediaType.TIFF, draw_picture("TIFF", "RGB", compression="tiff_lzw")),
        (MediaType.TIFF, draw_picture("TIFF", "1", compression="group4")),
        (MediaType.WEBP, draw_picture("WEBP", "RGB")),
        (MediaType.PDF, documents.make_pdf(LINE)),
        (MediaType.DOCX, zip_parts(make_parts(LINE), ZIP_STORED)),
    ]


def damage(content: bytes, random: Random) -> bytes:
    """Return the bytes with a few changed, removed, repeated or set to extremes."""
    for _ in range(random.choice((1, 1, 2, 3, 8, 30))):
        at, size = random.randrange(len(content) or 1), random.randint(1, 8)
        before, piece, behind = content[:at], content[at : at + size], content[at + size :]
        edits: tuple[bytes, ...] = (
            random.randbytes(len(piece)),
            bytes(byte ^ 1 << random.randrange(8) for byte in piece[:1]) + piece[1:],
            random.choice((b"\x00", b"\xff")) * len(piece),
            b"",
            before[-40:] + piece,
        )
        content = before + random.choice(edits) + behind
    return content


def damage_part(random: Random) -> bytes:
    """Return a Word document with one damaged, emptied or exchanged part."""
    parts = make_parts(LINE)
    name = random.choice(sorted(parts))
    parts[name] = random.choice((b"<x/>", b"", damage(parts[name], random)))
    return zip_parts(parts, ZIP_STORED)


def read_everything(document: DocumentFile) -> None:
    """Read a document as the steps do, each page by text, size and image."""
    pages = min(survey(document).pages, FRAMES)
    if document.media_type is MediaType.PDF:
        with pdf.open_pdf(document.path, None) as file:
            for number in range(1, pages + 1):
                file.words(number), file.size(number), file.render(number)
    elif document.media_type is not MediaType.DOCX:
        with picture.open_picture(document.path) as image:
            for number in range(1, pages + 1):
                picture.size_of_frame(image, number), picture.read_frame(image, number)


def find_unexpected(folder: Path, seed: int, count: int) -> list[str]:
    """Return the errors without a code, each with the number of its mutation."""
    originals, found = make_originals(), []
    for number in range(count):
        random = Random(f"{seed} {number}")
        media_type, content = random.choice(originals)
        is_part = media_type is MediaType.DOCX and random.random() < 0.75
        file = folder / "document"
        file.write_bytes(damage_part(random) if is_part else damage(content, random))
        try:
            with suppress(PermanentError):
                read_everything(DocumentFile(path=str(file), media_type=media_type))
        except Exception as exc:  # noqa: BLE001 that is what this test looks for
            found.append(f"mutation {number}, {media_type}: {type(exc).__name__}: {exc}")
    return found


@pytest.mark.parametrize("count", [MUTATIONS, pytest.param(SOAK_MUTATIONS, marks=pytest.mark.soak)])
def test_random_damage_never_ends_in_an_error_without_a_code(tmp_path: Path, count: int) -> None:
    """The process ends with the test: a parser's crash is a failure, too."""
    found, _ = run_in_own_process(find_unexpected, tmp_path, RUN_SEED, count)
    assert not found, (len(found), found[:5], repeat_command(RUN_SEED, "tests/documents/test_mutated.py"))

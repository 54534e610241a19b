"""Documents made to do harm, or harmed, each end in their code, or are read: in children, within their limits.

Every file is read as the worker reads it, with the limits that it sets. What must hold for all of them is said here;
what each of them is stands in pdfs.py, pictures.py and words.py.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.codes import Code
from contract.reading import MediaType
from durable import JobError, Limits
from tests.fresh_process import run_in_fresh_process
from worker.documents.document_reader import run_document_child
from worker.documents.ocr import OcrRequest, recognize
from worker.documents.survey import DocumentFile, survey

from . import pdfs, pictures, words
from .case import Case
from .reading import read_all

MAX_CHILD_BYTES = 1_536 * 2**20  # bytes that a child may have
FLAT = 64 * 2**20  # bytes that the reader itself may keep of a hundred documents: what its allocator does not give back


@pytest.mark.parametrize(
    ("make", "least"),
    [
        pytest.param(pdfs.cases, 80, id="pdf"),
        pytest.param(pictures.cases, 60, id="pictures"),
        pytest.param(words.cases, 30, id="word"),
    ],
)
def test_each_ends_as_it_must_and_the_reader_is_none_the_worse(
    make: Callable[[], Iterator[Case]], least: int, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    cases = list(make())
    assert len({case.name for case in cases}) == len(cases) >= least
    outcomes, memory = run_in_fresh_process(read_all, tmp_path, cases)
    with subtests.test("the reader's memory is flat"):
        assert memory.growth < FLAT
    with subtests.test("no child had more memory than it may"):
        assert 0 < memory.child < MAX_CHILD_BYTES
    for case in cases:
        with subtests.test(case.name):
            outcome = outcomes[case.name]
            assert (outcome.error and outcome.error.code) == case.code, outcome.error
            assert outcome.error is None or not outcome.error.retry
            assert str(tmp_path) not in str(outcome.error)
            if outcome.reading:
                assert case.says in outcome.text
                assert outcome.reading.repaired is case.repaired


@pytest.mark.parametrize("work", [survey, recognize])
def test_what_would_never_end_ends_when_its_time_on_the_processor_is_over(
    work: Callable[[object], object], tmp_path: Path
) -> None:
    """With a shorter time than the worker gives it."""
    file = tmp_path / "endless"
    file.write_bytes(pdfs.endless())
    document = DocumentFile(path=str(file), media_type=MediaType.PDF)
    request = document if work is survey else OcrRequest(path=str(file), media_type=MediaType.PDF, pages=(1,))
    with pytest.raises(JobError, match="SIGXCPU") as caught:
        asyncio.run(run_document_child(work, request, Limits(cpu=1, memory=MAX_CHILD_BYTES)))
    assert (caught.value.code, caught.value.retry) == (Code.TOO_COMPLEX, False)


def test_nothing_climbed_out_of_a_zip() -> None:
    assert not Path("/tmp/longhand-was-here").exists()  # noqa: S108 where the corpus would put it

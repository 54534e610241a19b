"""Each hostile or damaged document is read or ends in its code, in a child process within its limits.

The tests read every file as the worker does, with the worker's limits. pdfs.py, pictures.py and word_documents.py build
the files.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.codes import Code
from contract.reading import MediaType
from durable import JobError, Limits, child_usage
from tests.conftest import some_or_all
from tests.fresh_process import run_in_own_process
from worker.documents.document_reader import DocumentReader, run_document_child
from worker.documents.ocr import OcrRequest, PageLimits
from worker.documents.survey import DocumentFile, survey

from . import pdfs, pictures, word_documents
from .case import Case
from .child_work import render_only
from .outcomes import read_all

MAX_CHILD_BYTES = 1_536 * 2**20  # the memory of one child
MAX_GROWTH_BYTES = 64 * 2**20  # memory that the parent's allocator may keep after a hundred documents


@pytest.mark.parametrize("choose", some_or_all(share=1 / 16, at_least=5))
@pytest.mark.parametrize(
    ("make_cases", "least"),
    [
        # Cases, and bytes that a child needs beyond its fork server; no picture here needs more.
        pytest.param(pdfs.make_cases, (80, 2**20), id="pdf"),
        pytest.param(pictures.make_cases, (60, 0), id="pictures"),
        pytest.param(word_documents.make_cases, (30, 2**20), id="word"),
    ],
)
def test_each_hostile_document_is_read_or_fails_with_its_code_within_the_limits(
    choose: Callable[[list[Case]], list[Case]],
    make_cases: Callable[[], Iterator[Case]],
    least: tuple[int, int],
    tmp_path: Path,
    subtests: pytest.Subtests,
) -> None:
    every = list(make_cases())
    min_cases, min_child_bytes = least
    assert len({case.name for case in every}) == len(every) >= min_cases
    cases = choose(every)
    outcomes, memory = run_in_own_process(read_all, tmp_path, cases)
    with subtests.test("the parent's memory does not grow"):
        assert memory.growth < MAX_GROWTH_BYTES
    with subtests.test("every child stays within its memory limit"):
        assert memory.child < MAX_CHILD_BYTES
        assert memory.child >= min_child_bytes or len(cases) < len(every)
    for case in cases:
        with subtests.test(case.name):
            outcome = outcomes[case.name]
            assert (outcome.error and outcome.error.code) == case.code, outcome.error
            assert outcome.error is None or not outcome.error.retry
            assert str(tmp_path) not in str(outcome.error)
            if outcome.document:
                assert case.expected_text in outcome.text
                assert outcome.document.repaired is case.repaired


@pytest.mark.parametrize("work", [survey, render_only])
def test_an_endless_document_fails_at_the_cpu_limit(work: Callable[[object], object], tmp_path: Path) -> None:
    """The limit here is shorter than the worker's."""
    file = tmp_path / "endless"
    file.write_bytes(pdfs.make_endless_pdf())
    document = DocumentFile(path=str(file), media_type=MediaType.PDF)
    request = document if work is survey else OcrRequest(path=str(file), media_type=MediaType.PDF, pages=(1,))
    with pytest.raises(JobError, match="SIGXCPU") as caught:
        asyncio.run(run_document_child(work, request, Limits(cpu=1, memory=MAX_CHILD_BYTES), folder=tmp_path))
    assert (caught.value.code, caught.value.retry) == (Code.TOO_COMPLEX, False)


def test_a_page_has_no_more_than_its_own_cpu_time(tmp_path: Path) -> None:
    """The limit of a page is shorter here than the worker's, and that of the batch much longer."""
    file = tmp_path / "tiled"
    file.write_bytes(pdfs.make_tiled_pdf())
    request = OcrRequest(path=str(file), media_type=MediaType.PDF, pages=(1,), limits=PageLimits(render=1))
    before = child_usage().cpu_seconds
    with pytest.raises(JobError, match="SIGXCPU") as caught:
        asyncio.run(run_document_child(render_only, request, Limits(cpu=30, memory=MAX_CHILD_BYTES), folder=tmp_path))
    assert (caught.value.code, caught.value.retry) == (Code.TOO_COMPLEX, False)
    assert child_usage().cpu_seconds - before < 15


@pytest.mark.soak
def test_a_hostile_page_costs_the_cpu_time_of_one_page(tmp_path: Path) -> None:
    """With the worker's own limits."""
    file = tmp_path / "tiled"
    file.write_bytes(pdfs.make_tiled_pdf())
    before = child_usage().cpu_seconds
    with pytest.raises(JobError) as caught:
        asyncio.run(DocumentReader().recognize(file, MediaType.PDF, (1,)))
    assert (caught.value.code, caught.value.retry) == (Code.TOO_COMPLEX, False)
    assert child_usage().cpu_seconds - before < 30

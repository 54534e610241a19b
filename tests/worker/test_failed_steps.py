"""A failed job names one of the documented steps, and no two steps share a name in the log."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import worker
from contract.codes import Code
from contract.names import Step
from local.server_process import ServerProcess
from tests.analysis.provider import ModelRequest, Refusal, Reply
from tests.durable.worker_lab import EMBEDDED_SERVER
from tests.worker import documents
from tests.worker.document_site import Site
from tests.worker.long_text import answer_question, find_first_page, make_long_pdf
from tests.worker.model_lab import ModelLab, open_model_lab

WORKER = Path(worker.__path__[0])
REFUSAL = Refusal(401)


@pytest.fixture
def models(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[ModelLab]:
    """A server, documents, and a worker that asks a model provider."""
    with open_model_lab(server, site, tmp_path / "lab") as models:
        yield models


def refuse_chunks(asked: ModelRequest) -> Reply:
    """Refuse the questions about a chunk."""
    return REFUSAL if find_first_page(asked) else answer_question(asked)


def refuse_conclusion(asked: ModelRequest) -> Reply:
    """Refuse the question about all chunks."""
    return answer_question(asked) if find_first_page(asked) else REFUSAL


@EMBEDDED_SERVER
@pytest.mark.parametrize("answer", [refuse_chunks, refuse_conclusion])
def test_a_failed_analysis_names_the_analyze_step_however_long_the_text_is(
    models: ModelLab, answer: Callable[[ModelRequest], Reply]
) -> None:
    """One step reads up to four chunks; of more, each chunk and the conclusion are parts of their own."""
    models.provider.answer = answer
    models.lab.start(lease=60)
    jobs = [models.lab.submit(f"of-{chunks}", make_long_pdf(chunks)) for chunks in (4, 5, 17)]
    for error in map(models.lab.wait_for_failure, jobs):
        assert (error["code"], error["step"]) == (Code.ANALYZER_REFUSED, Step.ANALYZE)


@EMBEDDED_SERVER
def test_an_unreadable_page_fails_the_extract_step_wherever_it_was_read(models: ModelLab) -> None:
    models.lab.start(lease=60, bad=7)
    models.lab.evidence.open_gate()
    error = models.lab.wait_for_failure(models.lab.submit("scan", documents.make_pdf(*["-"] * 12)))
    assert (error["code"], error["step"]) == (Code.TOO_COMPLEX, Step.EXTRACT)


def find_steps(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.AsyncFunctionDef):
            is_step = any(ast.unparse(one).startswith("step(") for one in node.decorator_list)
            yield from [node.name] if is_step else []


def test_no_two_steps_of_a_job_share_a_name() -> None:
    """A line of the log identifies a step by the job and the step's name."""
    found = Counter(name for file in WORKER.rglob("*.py") for name in find_steps(file))
    assert found.keys() > set(Step)
    assert [name for name, times in found.items() if times > 1] == []

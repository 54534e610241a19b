"""What a job failed at has a name that people know, and what the log says of a step is said of no other."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import worker
from contract.codes import Code
from contract.names import Step
from local.server_process import ServerProcess
from tests.analysis.provider import Asked, Refusal, Reply
from tests.durable.worker_lab import EMBEDDED_SERVER
from tests.worker import documents
from tests.worker.document_site import Site
from tests.worker.long_text import answer_question, find_first_page, make_long_pdf
from tests.worker.model_lab import ModelLab, open_model_lab

WORKER = Path(worker.__path__[0])
REFUSED = Refusal(401)


@pytest.fixture
def models(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[ModelLab]:
    """A server, documents, and a worker that asks a models.provider."""
    with open_model_lab(server, site, tmp_path / "lab") as models:
        yield models


def to_chunks(asked: Asked) -> Reply:
    """Refuse what is asked about a chunk."""
    return REFUSED if find_first_page(asked) else answer_question(asked)


def to_the_end(asked: Asked) -> Reply:
    """Refuse what is asked about all of them."""
    return answer_question(asked) if find_first_page(asked) else REFUSED


@EMBEDDED_SERVER
@pytest.mark.parametrize("answer", [to_chunks, to_the_end])
def test_a_failure_names_a_step_of_the_five_however_long_the_text_is(
    models: ModelLab, answer: Callable[[Asked], Reply]
) -> None:
    """One step reads four chunks; of more each is a part of its own, and so is what concludes them."""
    models.provider.answer = answer
    models.lab.start(lease=60)
    jobs = [models.lab.submit(f"of-{chunks}", make_long_pdf(chunks)) for chunks in (4, 5, 17)]
    for error in map(models.lab.wait_for_failure, jobs):
        assert (error["code"], error["step"]) == (Code.ANALYZER_REFUSED, Step.ANALYZE)


@EMBEDDED_SERVER
def test_a_page_that_nobody_can_read_fails_the_extraction_wherever_it_was_read(models: ModelLab) -> None:
    models.lab.start(lease=60, bad=7)
    models.lab.evidence.open_gate()
    error = models.lab.wait_for_failure(models.lab.submit("scan", documents.make_pdf(*[""] * 12)))
    assert (error["code"], error["step"]) == (Code.TOO_COMPLEX, Step.EXTRACT)


def steps_in(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.AsyncFunctionDef):
            is_step = any(ast.unparse(one).startswith("step(") for one in node.decorator_list)
            yield from [node.name] if is_step else []


def test_no_two_steps_of_a_job_have_one_name() -> None:
    """A line of the log has the job and the step."""
    files = [file for file in WORKER.rglob("*.py") if file.name != "endings.py"]  # which tells in a job of its own
    found = Counter(name for file in files for name in steps_in(file))
    assert found.keys() > set(Step)
    assert [name for name, times in found.items() if times > 1] == []

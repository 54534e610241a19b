"""What a model answers is in the events of its job as it comes; without a stream there is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.events import Cursor, Event, EventKind
from lambdas.trigger.event_log import EventLog
from lambdas.trigger.progress_store import ProgressStore
from local.server_process import ServerProcess
from tests.analysis.provider import ModelRequest, Reply
from tests.durable.worker_lab import EMBEDDED_SERVER
from tests.waiting import wait_until
from tests.worker.document_site import Site
from tests.worker.model_lab import ModelLab, open_model_lab

SUMMARY = "The document is short, and this sentence comes in pieces."


def answer(_: ModelRequest) -> Reply:
    return {"summary": SUMMARY}


@pytest.fixture
def models(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[ModelLab]:
    with open_model_lab(server, site, tmp_path / "lab", answer) as models:
        yield models


def read_events(models: ModelLab, job: str) -> list[Event]:
    """Return what the log has, once it has the step after the analysis."""
    log = EventLog(ProgressStore(models.lab.environ["STORE_URL"]), job, Cursor())

    def find() -> list[Event]:
        events = log.read(500, 0.0)
        return events if any(event.step == "notify" for event in events) else []

    return wait_until(find, lambda: f"{models.lab.log_tails}")


@EMBEDDED_SERVER
def test_the_text_of_a_model_is_between_begin_and_end_of_its_step(models: ModelLab) -> None:
    models.lab.environ["LLM_STREAM"] = "on"
    models.lab.start()
    result = models.wait_for_result(models.submit("streamed"))
    assert result.summary == SUMMARY
    analysis = [event for event in read_events(models, "streamed") if event.step == "analyze"]
    [text] = [event for event in analysis if event.kind is EventKind.TEXT]
    assert (text.text, text.attempt, text.answer) == (f'{{"summary": "{SUMMARY}"}}', 1, 1)
    assert [event.kind for event in (analysis[0], analysis[-1])] == [EventKind.STEP_STARTED, EventKind.STEP_FINISHED]


@EMBEDDED_SERVER
@pytest.mark.parametrize("analyzer", ["openai:some-model", "extractive"])
def test_without_a_stream_there_is_no_text(models: ModelLab, analyzer: str) -> None:
    models.lab.environ["ANALYZER"] = analyzer
    if analyzer == "extractive":
        models.lab.environ |= {"LLM_STREAM": "on", "LLM_BASE_URL": "", "LLM_PRICES": ""}
    models.lab.start()
    models.wait_for_result(models.submit("plain"))
    assert EventKind.TEXT not in {event.kind for event in read_events(models, "plain")}
    assert not any(request.is_streamed for request in models.provider.requests)

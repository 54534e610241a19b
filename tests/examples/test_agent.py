"""An agent thinks and calls tools, chapter by chapter."""

from collections.abc import Callable

import pytest

from durable import PermanentError
from durable.testing import Certificate, Trial, WorkflowTest
from examples.agent import Talk, Thought, ToolCall, answer_question, continue_talk, think, use_tool

SEARCHES = Thought(calls=[ToolCall(tool="search", arguments={"q": word}) for word in ("price", "stock", "date")])


@pytest.fixture
def test(workflow_test: Callable[..., WorkflowTest]) -> WorkflowTest:
    test = workflow_test(answer_question, continue_talk)
    test.replace(use_tool, lambda tool_call: f"found {tool_call.arguments['q']}")
    return test


def test_tools_are_called_until_the_model_answers(test: WorkflowTest) -> None:
    test.replace(think, SEARCHES, Thought(answer="42"))
    assert test.start(answer_question, "t1").result() == "42"
    assert list(test.calls(think)) == [
        (Talk(id="t1"),),
        (Talk(id="t1", turn=1, results=["found price", "found stock", "found date"]),),
    ]


def test_a_tool_that_fails_does_not_end_the_talk(test: WorkflowTest) -> None:
    test.replace(use_tool, PermanentError("no_tool", "there is none"), "found")
    test.replace(think, SEARCHES, Thought(answer="42"))
    assert test.start(answer_question, "t1").result() == "42"
    assert test.calls(think)[1][0].results == ["found", "found"]


def test_a_long_talk_has_several_chapters(test: WorkflowTest) -> None:
    test.replace(think, *[SEARCHES] * 25, Thought(answer="42"))
    job = test.start(answer_question, "t1")
    assert job.result() == "42"
    assert len(job.operations("talk")) == 3
    assert test.begun == {"think": 26, "use_tool": 75}


def test_a_worker_that_dies_pays_for_no_thought_twice(test: WorkflowTest) -> None:
    test.replace(think, SEARCHES, SEARCHES, Thought(answer="42"))
    test.replace(use_tool, "found")
    job = test.start(answer_question, "t1")
    test.kill_workers()
    assert job.result() == "42"
    assert test.begun["think"] == 3


def test_no_crash_changes_the_answer(certify: Callable[..., Certificate]) -> None:
    """The service keeps a thought under its talk and turn, so that a repeated request is paid for once."""

    def scenario(trial: Trial) -> str:
        def think_once(talk: Talk) -> Thought:
            trial.effects.add("thought", key=f"{talk.id}/{talk.turn}")
            return Thought(answer=" and ".join(talk.results)) if talk.results else SEARCHES

        with trial.test(answer_question, continue_talk) as test:
            test.replace(think, think_once)
            test.replace(use_tool, lambda tool_call: f"found {tool_call.arguments['q']}")
            return test.start(answer_question, "t1").result()

    certify(scenario, exactly={"thought": 2})

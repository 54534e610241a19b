"""Workflows of another group are called by their declaration, wherever a step or a workflow may be called."""

from collections.abc import Callable

import pytest

from durable import Workflow, remote
from durable.replay.replayer import replay
from durable.testing import Certificate, Trial, WorkflowTest

from .flows_with_remotes import (
    Bank,
    call_all,
    call_as_a_step,
    call_as_a_workflow,
    call_beforehand,
    call_both_versions,
    call_chapters,
    call_for_each,
    call_once,
    call_the_first,
    call_with_retries,
    list_calls,
    undo_a_call,
)

type Open = Callable[..., WorkflowTest]
CALLERS: dict[Workflow[[str], int], tuple[int, int]] = {  # the result, and the calls of the bank
    call_once: (100, 1),
    call_as_a_step: (100, 1),
    call_as_a_workflow: (100, 1),
    call_beforehand: (203, 2),
    call_both_versions: (210, 2),
    call_all: (203, 2),
    call_the_first: (100, 1),
    call_for_each: (300, 3),
    call_with_retries: (100, 1),
    call_chapters: (9, 3),
}
EACH_CALLER = pytest.mark.parametrize("caller", CALLERS, ids=[caller.name for caller in CALLERS])


@EACH_CALLER
def test_a_declaration_is_called_as_a_step_or_a_workflow_is(workflow_test: Open, caller: Workflow[[str], int]) -> None:
    bank = Bank(100)
    test = workflow_test(caller, groups={"bank": bank.workflows})
    job = test.start(caller, "a")
    assert (job.result(), len(list_calls(job))) == CALLERS[caller]
    assert replay(job.recording(), [caller, *bank.workflows]).is_same


@pytest.mark.parametrize("caller", [call_beforehand, call_the_first, call_for_each], ids=lambda caller: caller.name)
def test_a_crash_of_either_side_repeats_no_call(
    certify: Callable[..., Certificate], caller: Workflow[[str], int]
) -> None:
    def scenario(trial: Trial) -> object:
        with trial.test(caller, groups={"bank": Bank(100).workflows}) as test:
            job = test.start(caller, "a")
            return job.result(), len(list_calls(job))

    certify(scenario)


def test_a_saga_undoes_by_a_call(workflow_test: Open) -> None:
    job = workflow_test(undo_a_call, groups={"bank": Bank(100).workflows}).start(undo_a_call, "a")
    assert job.error().code == "no_account"
    assert list_calls(job) == ["resolved"]


def test_a_declaration_needs_a_type_for_its_result() -> None:
    with pytest.raises(TypeError, match=r"remote workflow .*nothing needs a return annotation"):

        @remote(name="nothing", group="bank")
        def nothing(account: str):  # type: ignore[no-untyped-def] # noqa: ANN202
            """Have no type."""

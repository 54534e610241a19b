"""`durable certify`: its table, its exit codes and its sentences."""

import pytest

from durable.command.durable_command import main
from tests.testing import planted


def test_a_workflow_with_its_real_steps_is_certified(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "tests.testing.planted:sequence", "--args", "[20]"]) == 0
    assert "18 runs in " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "args", "sentence"),
    [
        ("tests.testing.planted:sequence", '["x"]', "was rejected: bad_arguments in "),
        ("tests.testing.flows:approval", '["a1"]', "waits for an answer since"),
    ],
)
def test_a_workflow_that_does_not_end_well_by_itself_is_not_certified(
    target: str, args: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would pass: each crash ends as the plain run does."""
    assert main(["certify", target, "--args", args]) == 1
    printed = capsys.readouterr()
    assert "without any crash, " in printed.err
    assert sentence in printed.err
    assert printed.out == ""


def test_a_faulty_scenario_is_refused_with_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "tests.testing.planted:send_without_key", "--exactly", "sent=1"]) == 1
    assert "effect sent happened 2 times, and not 1" in capsys.readouterr().out
    assert main(["certify", "tests.testing.planted:send_with_key", "--exactly", "sent=1"]) == 0
    assert main(["certify", "tests.testing.planted:send_with_key", "--once", "send"]) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing:here"], "nothing:here cannot be loaded, use MODULE:NAME: No module named 'nothing'"),
        (["tests.testing.planted:nothing"], "has no attribute 'nothing'"),
        (["tests.testing.planted"], "use MODULE:NAME"),
        (["tests.testing.planted:LOOKED_UP"], "is no workflow: give a workflow, or a scenario without --args"),
        (["tests.testing.planted:send_with_key", "--args", "[1]"], "a scenario without --args"),
    ],
)
def test_a_target_that_cannot_be_loaded_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certify", *arguments]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--args", "{"], ["--args", "1"], ["--exactly", "sent"]])
def test_a_wrong_option_is_refused(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["certify", "tests.testing.planted:sequence", *option])
    assert caught.value.code == 2
    assert "is not" in capsys.readouterr().err
    assert planted.LOOKED_UP == []

"""The commands that the runbook shows exist, with their options."""

import re
from typing import Any

import pytest
from typer.main import get_command

from ops.app import COMMANDS, make_app
from tests.docs.pages import page

BLOCKS = re.findall(r"^```sh\n(.*?)^```", page("runbook"), re.MULTILINE | re.DOTALL)
USES = sorted(set(re.findall(r"\./longhand (\w+)((?: [^\s`#|]+)*)", "\n".join([*BLOCKS, page("runbook")]))))


def list_options(name: str) -> set[str]:
    command: Any = get_command(make_app([]))
    return {option for parameter in command.commands[name].params for option in parameter.opts}


@pytest.mark.parametrize(("name", "words"), USES, ids=[f"{name}{words}" for name, words in USES])
def test_each_command_of_the_runbook_exists_with_its_options(name: str, words: str) -> None:
    assert name in COMMANDS
    assert {word for word in words.split() if word.startswith("-")} <= list_options(name)


def test_the_runbook_tells_how_to_decide_and_cancel() -> None:
    assert {"decide", "cancel"} <= {name for name, _ in USES}

"""The commands that the runbook shows exist, with their options."""

import re

import pytest

from tests.docs.pages import page
from tests.ops.command_options import list_options

BLOCKS = re.findall(r"^```sh\n(.*?)^```", page("runbook"), re.MULTILINE | re.DOTALL)
USES = sorted(set(re.findall(r"\./longhand (\w+)((?: [^\s`#|]+)*)", "\n".join([*BLOCKS, page("runbook")]))))


@pytest.mark.parametrize(("name", "words"), USES, ids=[f"{name}{words}" for name, words in USES])
def test_each_command_of_the_runbook_exists_with_its_options(name: str, words: str) -> None:
    known = list_options([name, *words.split()])
    assert {word for word in words.split() if word.startswith("-")} <= known


def test_the_runbook_tells_how_to_decide_and_cancel() -> None:
    assert {"decide", "cancel"} <= {name for name, _ in USES}

"""No command of a page resets a choice of a deployed stack by leaving it out."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from local.server_process import ROOT
from tests.docs.pages import PAGES

# In blocks and in sentences, up to a comment, a closing quote or the end of the line.
COMMAND = re.compile(r"\bcdk deploy\b([^`\n#|]*)")


def find_unsafe_options(text: str) -> list[str]:
    """Return the options of a `cdk deploy` that change a choice and are not confirmed as its parameter."""
    unsafe = []
    for rest in COMMAND.findall(text):
        words = shlex.split(rest.replace("'", ""))
        values = dict(pairwise(words))
        choice = values.get("-c", "") or values.get("--context", "")
        confirmed = values.get("--parameters", "")
        key = choice.partition("=")[0]
        if choice and confirmed != f"Choice{key[:1].upper()}{choice[1:]}":
            unsafe.append(choice)
    return unsafe


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_documented_command_is_safe(file: Path) -> None:
    assert find_unsafe_options(file.read_text()) == []


def test_an_unsafe_command_would_be_found() -> None:
    assert find_unsafe_options("cdk deploy -c keyRotation=2027-01  # rotates") == ["keyRotation=2027-01"]
    assert find_unsafe_options("run `cdk deploy -c ocr=mixed --parameters ChoiceOcr=mixed`, or `cdk deploy`") == []

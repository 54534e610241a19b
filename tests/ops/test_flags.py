"""Nothing that is typed is passed over: what a command would not look at, it refuses."""

import pytest

from tests.ops.stacks import NOBODY
from tests.ops.terminal import Terminal


@pytest.mark.parametrize(
    ("words", "helps"),
    [
        (("--url", NOBODY), "add --engine URL, or --stack NAME"),
        (("--stack", "Longhand", "--engine", NOBODY), "leave --engine out, or --stack"),
    ],
)
def test_an_address_that_the_command_does_not_look_at_is_refused(
    at_home: Terminal, words: tuple[str, ...], helps: str
) -> None:
    ended = at_home.run("doctor", *words)
    assert (ended.code, ended.out, helps in ended.err) == (64, "", True)


@pytest.mark.parametrize(
    "words",
    [
        ("outputs", "--url", NOBODY),
        ("logs", "worker", "--token", "a"),
        ("bootstrap", "--stack", "Longhand"),
        ("deploy", "--state", "."),
    ],
)
def test_a_command_has_no_option_that_it_does_not_look_at(at_home: Terminal, words: tuple[str, ...]) -> None:
    ended = at_home.run(*words)
    assert (ended.code, ended.err.startswith("longhand: No such option")) == (64, True), ended

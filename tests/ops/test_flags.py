"""No option is ignored: a command refuses those that it would not use."""

import pytest

from contract.cells import MAX_CELLS
from tests.ops.stacks import CLOSED_PORT
from tests.ops.terminal import Terminal


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("--url", CLOSED_PORT), "add --server URL, or --stack NAME"),
        (("--stack", "Longhand", "--server", CLOSED_PORT), "leave out --server, or --stack"),
    ],
)
def test_doctor_refuses_an_address_that_it_would_not_use(
    at_home: Terminal, words: tuple[str, ...], remedy: str
) -> None:
    ended = at_home.run("doctor", *words)
    assert (ended.code, ended.out, remedy in ended.err) == (64, "", True)


@pytest.mark.parametrize(
    "words",
    [
        ("outputs", "--url", CLOSED_PORT),
        ("logs", "worker", "--token", "a"),
        ("bootstrap", "--stack", "Longhand"),
        ("deploy", "--state", "."),
        ("batch", "submit", "march.jsonl", "--job-id", "a"),
        ("schedule", "add", "daily", "https://example.com/a.pdf", "--cron", "0 6 * * *", "--again"),
        ("schedule", "list", "--type", "invoice"),
        ("schedule", "delete", "daily", "--json"),
        ("batch", "status", "march", "--callback", "https://example.com/a"),
        ("batch", "cancel", "march", "--wait"),
    ],
)
def test_commands_have_no_option_that_they_would_ignore(at_home: Terminal, words: tuple[str, ...]) -> None:
    ended = at_home.run(*words)
    assert (ended.code, ended.err.startswith("longhand: No such option")) == (64, True), ended


def test_the_log_of_a_cell_that_cannot_exist_is_refused(at_home: Terminal) -> None:
    """A laptop had no line of it, and waited for one with --follow. The API is in no cell."""
    beyond = at_home.run("logs", "worker", "--cell", str(MAX_CELLS + 1))
    assert (beyond.code, f"or equal to {MAX_CELLS}:" in beyond.err) == (64, True), beyond
    absent = at_home.run("logs", "worker", "--follow", "--cell", "2")
    assert (absent.code, absent.err) == (78, "longhand: make serve has no cell 2: its cells are 1\n")
    assert at_home.run("logs", "api", "--cell", "1").code == 64
    assert "worker_ready" in at_home.run("logs", "worker", "--cell", "1").out


def test_a_start_is_refused_for_the_log_of_a_laptop_which_is_shown_whole(at_home: Terminal) -> None:
    ended = at_home.run("logs", "worker", "--since", "1h")
    assert (ended.code, ended.out, "--since is for a stack" in ended.err) == (64, "", True), ended

"""The output: in a wide and a narrow terminal, without color, through a pipe, as JSON; and the exit codes."""

import json
import re
from io import StringIO

import pytest
from rich.console import Console

from ops.__main__ import run
from ops.app import COMMANDS
from ops.exit_codes import EXIT_MEANINGS, ExitCode
from ops.screen import Screen
from tests.ops.fake_server import Reply, serve
from tests.ops.terminal import Terminal

ESCAPE = "\x1b["
FAILED_REPLY = Reply(200, b'{"status":"failed","jobId":"a","error":{"code":"x","message":"the disk was full"}}')
SUMMARY = "a summary that is much longer than a narrow terminal is wide, and must be folded and not cut off"
DONE_REPLY = Reply(
    200, json.dumps({"status": "done", "jobId": "a", "result": {"pageCount": 3, "summary": SUMMARY}}).encode()
)


def test_a_terminal_gets_color_unless_no_color_is_set(nowhere: Terminal) -> None:
    with serve(lambda _: FAILED_REPLY) as fake:
        colored = nowhere.show("status", "a", "--url", fake.url)
        plain = nowhere.with_environ(NO_COLOR="1").show("status", "a", "--url", fake.url)
    assert f"{ESCAPE}31ma: failed" in colored.out
    assert f"{ESCAPE}31m" not in plain.out
    assert (colored.code, plain.code) == (1, 1)


def test_a_narrow_terminal_folds_long_values(nowhere: Terminal) -> None:
    with serve(lambda _: DONE_REPLY) as fake:
        output = nowhere.with_environ(NO_COLOR="1").show("status", "a", "--url", fake.url, columns=40).out
    lines = re.sub(r"\x1b\[[0-9;]*m", "", output).splitlines()
    assert max(len(line) for line in lines) <= 40
    words = " ".join(" ".join(lines).split())
    assert all(word in words for word in SUMMARY.split())


def test_a_pipe_gets_only_the_result_in_whole_lines_without_color(nowhere: Terminal) -> None:
    with serve(lambda _: DONE_REPLY) as fake:
        ended = nowhere.with_environ(COLUMNS="40").run("status", "a", "--url", fake.url)
    assert ended.out == f"a: done\n  pages    3\n  summary  {SUMMARY}\n"
    assert ESCAPE not in ended.out + ended.err
    assert ended.err == f"Using {fake.url}\n"


def test_json_output_is_only_json(nowhere: Terminal) -> None:
    with serve(lambda _: DONE_REPLY) as fake:
        ended = nowhere.run("status", "a", "--url", fake.url, "--json")
    assert json.loads(ended.out)["result"]["summary"] == SUMMARY
    assert ended.err == ""


def test_a_terminal_shows_a_progress_bar_and_then_the_result(nowhere: Terminal) -> None:
    running = (
        b'{"status":"processing","jobId":"a","progress":{"step":"extract","number":2,"of":5,"attempt":2,"since":"x"}}'
    )
    replies = [Reply(200, running), DONE_REPLY]
    with serve(lambda _: replies.pop(0)) as fake:
        output = nowhere.show("status", "a", "--url", fake.url, "--watch").out
    assert "step 2 of 5: extract, attempt 2" in output
    assert "a: done" in output


@pytest.mark.parametrize("text", ["\x1b]0;owned\x07", "\x1b[2J", "a\rb", "\u202e"])
def test_text_of_a_server_cannot_control_the_terminal(nowhere: Terminal, text: str) -> None:
    body = json.dumps({"status": "failed", "jobId": "a", "error": {"code": "x", "message": text}}).encode()
    with serve(lambda _: Reply(200, body)) as fake:
        output = nowhere.with_environ(NO_COLOR="1").show("status", "a", "--url", fake.url).out
    assert text not in output


def test_rich_markup_is_printed_as_text() -> None:
    out = StringIO()
    Screen(Console(file=out, markup=False, width=200), Console(file=out)).print_line("[red]not red[/red] :boom:")
    assert out.getvalue() == "[red]not red[/red] :boom:\n"


def test_the_help_of_every_command_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        assert run([command, "--help"]) == ExitCode.OK
        assert f"longhand {command}" in capsys.readouterr().out.partition("For example:")[2], command


def test_help_lists_every_command_and_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--help"])
    help_text = capsys.readouterr().out
    assert re.findall(r"^  ([a-z]+) ", help_text.partition("Commands:")[2], re.MULTILINE) == [*COMMANDS]
    for code, meaning in EXIT_MEANINGS.items():
        assert f"{code} {meaning}" in " ".join(help_text.split()), code
    assert set(EXIT_MEANINGS) == set(ExitCode)


def test_no_arguments_print_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert (run([]), "Exit codes:" in capsys.readouterr().out) == (ExitCode.OK, True)


@pytest.mark.parametrize(
    "words", [("frobnicate",), ("status",), ("status", "a", "--nonsense"), ("submit", "a", "--max-cost", "x")]
)
def test_an_invalid_command_line_is_reported_in_one_sentence(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run(words) == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("longhand: ")
    assert err.count("\n") == 1

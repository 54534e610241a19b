"""What a person sees: in a wide and a narrow terminal, without colour, through a pipe; and what a script decides by."""

import json
import re
from io import StringIO

import pytest
from rich.console import Console

from ops.__main__ import run
from ops.app import COMMANDS
from ops.exit_codes import EXIT_MEANINGS, ExitCode
from ops.screen import Screen
from tests.ops.terminal import Terminal
from tests.ops.web import Reply, serving

ESCAPE = "\x1b["
FAILED = Reply(200, b'{"status":"failed","jobId":"a","error":{"code":"x","message":"the disk was full"}}')
SUMMARY = "a summary that is much longer than a narrow terminal is wide, and must be folded and not cut off"
DONE = Reply(200, json.dumps({"status": "done", "jobId": "a", "result": {"pageCount": 3, "summary": SUMMARY}}).encode())


def test_a_terminal_has_colours_and_no_color_has_none(nowhere: Terminal) -> None:
    with serving(lambda _: FAILED) as web:
        coloured = nowhere.show("status", "a", "--url", web.url)
        plain = nowhere.having(NO_COLOR="1").show("status", "a", "--url", web.url)
    assert f"{ESCAPE}31ma: failed" in coloured.out
    assert f"{ESCAPE}31m" not in plain.out
    assert (coloured.code, plain.code) == (1, 1)


def test_a_narrow_terminal_folds_and_loses_nothing(nowhere: Terminal) -> None:
    with serving(lambda _: DONE) as web:
        outcome = nowhere.having(NO_COLOR="1").show("status", "a", "--url", web.url, columns=40).out
    lines = re.sub(r"\x1b\[[0-9;]*m", "", outcome).splitlines()
    assert max(len(line) for line in lines) <= 40
    told = " ".join(" ".join(lines).split())
    assert all(word in told for word in SUMMARY.split())


def test_a_pipe_gets_whole_lines_without_colour_and_nothing_but_the_result(nowhere: Terminal) -> None:
    with serving(lambda _: DONE) as web:
        ended = nowhere.having(COLUMNS="40").run("status", "a", "--url", web.url)
    assert ended.out == f"a: done\n  pages    3\n  summary  {SUMMARY}\n"
    assert ESCAPE not in ended.out + ended.err
    assert ended.err == f"Using {web.url}\n"


def test_json_is_json_and_nothing_else_is_said(nowhere: Terminal) -> None:
    with serving(lambda _: DONE) as web:
        ended = nowhere.run("status", "a", "--url", web.url, "--json")
    assert json.loads(ended.out)["result"]["summary"] == SUMMARY
    assert ended.err == ""


def test_a_bar_grows_in_a_terminal_and_leaves_the_result(nowhere: Terminal) -> None:
    running = (
        b'{"status":"processing","jobId":"a","progress":{"step":"extract","number":2,"of":5,"attempt":2,"since":"x"}}'
    )
    replies = [Reply(200, running), DONE]
    with serving(lambda _: replies.pop(0)) as web:
        outcome = nowhere.show("status", "a", "--url", web.url, "--watch").out
    assert "step 2 of 5: extract, attempt 2" in outcome
    assert "a: done" in outcome


@pytest.mark.parametrize("text", ["\x1b]0;owned\x07", "\x1b[2J", "a\rb", "\u202e"])
def test_what_a_server_says_cannot_steer_the_terminal(nowhere: Terminal, text: str) -> None:
    body = json.dumps({"status": "failed", "jobId": "a", "error": {"code": "x", "message": text}}).encode()
    with serving(lambda _: Reply(200, body)) as web:
        outcome = nowhere.having(NO_COLOR="1").show("status", "a", "--url", web.url).out
    assert text not in outcome


def test_markup_of_the_library_is_text() -> None:
    out = StringIO()
    Screen(Console(file=out, markup=False, width=200), Console(file=out)).print_line("[red]not red[/red] :boom:")
    assert out.getvalue() == "[red]not red[/red] :boom:\n"


def test_every_command_explains_itself_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        assert run([command, "--help"]) == ExitCode.OK
        assert f"longhand {command}" in capsys.readouterr().out.partition("For example:")[2], command


def test_help_lists_every_command_and_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--help"])
    told = capsys.readouterr().out
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", told, re.MULTILINE), command
    for code, meaning in EXIT_MEANINGS.items():
        assert f"{code} {meaning}" in " ".join(told.split()), code
    assert set(EXIT_MEANINGS) == set(ExitCode)


def test_no_words_are_a_question_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert (run([]), "Exit codes:" in capsys.readouterr().out) == (ExitCode.OK, True)


@pytest.mark.parametrize(
    "words", [("frobnicate",), ("status",), ("status", "a", "--nonsense"), ("submit", "a", "--max-cost", "x")]
)
def test_a_command_line_that_makes_no_sense_is_one_sentence(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run(words) == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("longhand: ")
    assert err.count("\n") == 1

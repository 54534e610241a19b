"""`durable lint` finds what breaks a replay, and nothing in what does not."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from durable.command.durable_command import main
from durable.lint.checker import lint_paths
from durable.lint.rules import RULES
from tests.docs.pages import page

from .snippets import BAD, GOOD, HEAD, WORKFLOW, body

PAGE = page("lint")
PAGE_HEAD = next(block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if block.startswith("import"))


def find_codes(folder: Path, **sources: str) -> list[str]:
    """Return the codes that are found in these files."""
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
    return [finding.code for finding in lint_paths([folder])[0]]


@pytest.mark.parametrize(("code", "source"), BAD)
def test_a_mistake_is_found_once_and_by_its_own_rule(code: str, source: str, tmp_path: Path) -> None:
    assert find_codes(tmp_path, flow=HEAD + source) == [code]


@pytest.mark.parametrize("source", GOOD)
def test_correct_code_has_no_findings(source: str, tmp_path: Path) -> None:
    assert find_codes(tmp_path, flow=HEAD + source) == []


@pytest.mark.parametrize("code", RULES)
def test_the_page_has_a_section_for_each_rule_with_a_bad_and_a_good_example(code: str, tmp_path: Path) -> None:
    [text] = re.findall(rf"^## {code}: .*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    [bad, good] = re.findall(r"```python\n# (?:bad|good)\n(.*?)```", text, re.DOTALL)
    assert set(find_codes(tmp_path, bad=PAGE_HEAD + "\n\n" + bad)) == {code}
    (tmp_path / "bad.py").unlink()
    assert find_codes(tmp_path, good=PAGE_HEAD + "\n\n" + good) == []


def test_every_rule_has_a_snippet() -> None:
    assert RULES.keys() - {code for code, _ in BAD} == {"D00", "D09", "D17"}, "the page has one for these"


def test_a_mistake_is_found_in_a_function_of_another_file(tmp_path: Path) -> None:
    """Also behind a package that exports it, a relative import, and a class method."""
    package = tmp_path / "tools"
    package.mkdir()
    (package / "__init__.py").write_text("from .dice import roll\n")
    (package / "dice.py").write_text(
        "import random\n\ndef roll() -> int:\n    return random.randint(1, 6)\n\n"
        "class Die:\n    @classmethod\n    def throw(cls) -> int:\n        return random.randint(1, 6)\n"
    )
    flow = "import tools\nfrom tools.dice import Die\n" + HEAD + body("return tools.roll() + Die.throw()")
    (tmp_path / "flow.py").write_text(flow)
    findings, _ = lint_paths([tmp_path])
    assert [(Path(one.path).name, one.line, one.code) for one in findings] == [
        ("dice.py", 4, "D02"),
        ("dice.py", 9, "D02"),
    ]
    assert findings[0].function == "workflow w > roll"


def test_a_comment_with_a_reason_allows_its_code_on_its_line(tmp_path: Path) -> None:
    def flow_with(comment: str) -> str:
        return HEAD + body(f"t = time.time()  # durable: allow {comment}\nreturn await ctx.run(work, int(t))")

    assert find_codes(tmp_path, flow=flow_with("D01 only shown in a log")) == []
    assert find_codes(tmp_path, flow=flow_with("D02 another code")) == ["D00", "D01"]
    assert find_codes(tmp_path, flow=flow_with("D01")) == ["D00"], "the reason is missing"
    assert find_codes(tmp_path, flow=flow_with("because I may")) == ["D00", "D01"]
    assert find_codes(tmp_path, flow=flow_with("D01, D99 one exists")) == ["D00"]


def test_a_comment_allows_its_code_in_all_that_its_line_calls(tmp_path: Path) -> None:
    helper = "def read() -> float:\n    return time.time()\n\n"
    call = "    # durable: allow D01 no call depends on it\n    return int(read())\n"
    assert find_codes(tmp_path, flow=HEAD + helper + WORKFLOW + call) == []
    assert find_codes(tmp_path, flow=HEAD + helper + WORKFLOW + "    return int(read())\n") == ["D01"]


def test_a_comment_that_nothing_needs_is_found(tmp_path: Path) -> None:
    needless = body("return await ctx.run(work, n)  # durable: allow D03 a reason from before")
    assert find_codes(tmp_path, flow=HEAD + needless) == ["D00"]
    text = body("return await ctx.run(work, '# durable: allow D03 a text is no comment')")
    assert find_codes(tmp_path, flow=HEAD + text) == []


def test_the_command_prints_place_rule_and_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "flow.py"
    file.write_text(HEAD + body("t = time.time()\nreturn await ctx.run(work, int(t))"))
    line = file.read_text().splitlines().index("    t = time.time()") + 1
    assert main(["lint", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert printed.out == (
        f"{file}:{line}:9: D01 workflow w reads the clock, and each replay reads another time (time.time);"
        " read it in a step, and use its result\n"
    )
    assert printed.err == "1 findings in 1 files\n"


def test_the_command_ends_with_0_if_nothing_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "flow.py").write_text(HEAD + body("return await ctx.run(work, n)"))
    hidden = tmp_path / ".venv"
    hidden.mkdir()
    (hidden / "theirs.py").write_text(HEAD + body("return int(time.time())"))
    assert main(["lint", str(tmp_path)]) == 0
    assert capsys.readouterr().err == "0 findings in 1 files\n"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.py", None, "does not exist"),
        ("bad.py", b"def (", "is not Python"),
        ("latin.py", b"\xff", "cannot be read"),
    ],
)
def test_the_command_ends_with_2_if_a_path_cannot_be_read(
    name: str, content: bytes | None, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert main(["lint", str(tmp_path / name)]) == 2
    assert f"{name} {reason}" in capsys.readouterr().err


def test_the_command_imports_neither_the_sdk_nor_pydantic() -> None:
    """It reads source text, in the time that Python takes to start."""
    code = "import sys; from durable.command.durable_command import main; main(['lint', 'durable/lint'])"
    check = "; assert not {'resonate', 'pydantic', 'asyncio'} & sys.modules.keys(), sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code + check], check=True, capture_output=True)


def test_help_lists_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["lint", "--help"])
    assert end.value.code == 0
    printed = capsys.readouterr().out
    assert all(rule.problem in printed for rule in RULES.values())

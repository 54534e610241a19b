"""The page about agents has every tool, option and limit; its configuration starts the command."""

import json
import re
from typing import Any

from typer.main import get_command

from ops.agents.bounds import MAX_CHARACTERS
from ops.agents.catalog import TOOLS
from ops.agents.inputs import MAX_JOBS, MAX_WAIT_SECONDS
from ops.app import make_app

from .pages import first_cells, page, rows, section

AGENTS = page("agents")


def find_options() -> dict[str, Any]:
    command: Any = get_command(make_app(["mcp"]))
    return {option: one for one in command.commands["mcp"].params for option in one.opts}


def test_the_table_has_the_tools_in_their_order() -> None:
    text = section(AGENTS, "Tools")
    assert first_cells(text) == [*TOOLS]
    assert [last.startswith("yes") for *_, last in rows(text)] == [tool.only_reads for tool in TOOLS.values()]


def test_the_options_exist_and_the_configuration_uses_no_other() -> None:
    options = find_options()
    assert {*first_cells(section(AGENTS, "Set it up"))} <= options.keys()
    [block] = re.findall(r"^```json\n(.*?)^```", AGENTS, re.MULTILINE | re.DOTALL)
    for server in json.loads(block)["mcpServers"].values():
        assert server["args"][0] == "mcp"
        assert {word for word in server["args"] if word.startswith("--")} <= options.keys()


def test_the_limits_are_those_of_the_code() -> None:
    assert f"{MAX_CHARACTERS:,} characters" in AGENTS
    assert f"at most {MAX_WAIT_SECONDS} seconds" in AGENTS
    assert f"{MAX_JOBS} at most" in AGENTS
    assert f"for a job of an agent: {find_options()['--max-cost'].default:g} USD" in AGENTS

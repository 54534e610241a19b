"""`longhand mcp` over real standard input and output, with the protocol's reference client, on a whole system."""

import asyncio
import json
import shutil
import subprocess
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from anyio.to_thread import run_sync

from local.server_process import ROOT, free_port
from ops.agents.catalog import INSTRUCTIONS, IS_DATA, TOOLS
from ops.agents.inputs import MAX_WAIT_SECONDS
from ops.laptop import Laptop
from tests import warm_start
from tests.ops.terminal import COMMAND, PLAIN
from tests.processes import kill_at_end
from tests.waiting import TIMEOUT_SECONDS

if TYPE_CHECKING:
    from mcp import Client
    from mcp.client._transport import TransportStreams
    from mcp_types import CallToolResult

UNKNOWN = {"jobId": "unknown"}
NO_JOB = ("not_found", "the job unknown does not exist")


@asynccontextmanager
async def connect(words: Sequence[str], environ: Mapping[str, str]) -> "AsyncIterator[TransportStreams]":
    """Start the command, and exchange messages with it over its standard input and output, as agents' programs do.

    The server's transport reads lines of one file and writes such to another: it fits both ends.
    """
    from mcp.server.stdio import stdio_server  # noqa: PLC0415 - takes a second in each process that collects tests

    command, pipe = [*COMMAND, "mcp", *words], subprocess.PIPE
    with kill_at_end(warm_start.start(command, cwd=ROOT, env=environ, stdin=pipe, stdout=pipe, text=True)) as process:
        assert process.stdin
        assert process.stdout
        async with stdio_server(anyio.wrap_file(process.stdout), anyio.wrap_file(process.stdin)) as streams:
            try:
                yield streams
                process.stdin.close()
                assert await run_sync(process.wait, TIMEOUT_SECONDS) == 0
            finally:
                process.kill()  # ends its output, which the transport reads to the end, also after a failure


def talk[T](talk_to: "Callable[[Client], Awaitable[T]]", *words: str, state: Path | None = None) -> T:
    """Start the command and talk to it with the reference client."""
    from mcp import Client  # noqa: PLC0415 - as above

    place = {"LONGHAND_STATE": str(state)} if state else {}

    async def run() -> T:
        async with Client(connect(words, {**PLAIN, **place}), read_timeout_seconds=TIMEOUT_SECONDS) as client:
            return await talk_to(client)

    return asyncio.run(run())


def read(answer: "CallToolResult") -> dict[str, Any]:
    """Return the fields of an answer, which its text has too."""
    assert not answer.is_error, answer.content
    [content] = answer.content
    assert content.type == "text"
    assert json.loads(content.text) == answer.structured_content
    found: dict[str, Any] = answer.structured_content
    return found


def read_error(answer: "CallToolResult") -> tuple[str, str]:
    """Return code and sentence of an error, which its text has too."""
    assert answer.is_error
    [content] = answer.content
    fields = answer.structured_content
    assert content.type == "text"
    assert content.text == f"{fields['error']} ({fields['code']})"
    return fields["code"], fields["error"]


def test_an_agent_submits_waits_and_reads(laptop: Laptop, state: Path, document: Path, tmp_path: Path) -> None:
    """A file is a job once, however often it is submitted. Its text is read by pages."""
    del laptop
    shutil.copy(document, tmp_path / "invoice.pdf")

    async def work(client: "Client") -> None:
        given = {"document": "invoice.pdf", "type": "invoice"}
        estimate = read(await client.call_tool("estimate", given))["estimate"]
        assert (estimate["pages"], estimate["costUsd"]) == (1, 0)
        accepted = read(await client.call_tool("submit", given))
        job = {"jobId": accepted["jobId"]}
        ended = read(await client.call_tool("wait", job))
        while ended["state"] == "processing":
            ended = read(await client.call_tool("wait", job))
        assert (ended["state"], ended["result"]["pageCount"], "links" in ended) == ("done", 1, False)
        assert read(await client.call_tool("status", job)) == ended
        result = read(await client.call_tool("result", job))["result"]
        assert result["extractedData"]["number"] == "INV-2026-00417"
        assert result["evidence"]["number"]["page"] == 1
        page = read(await client.call_tool("result", {**job, "part": "text"}))
        assert (page["pageCount"], "INV-2026-00417" in page["content"], "nextOffset" in page) == (1, True, False)
        names = [one["name"] for one in read(await client.call_tool("history", job))["operations"]]
        assert {"download", "extract", "analyze", "store", "notify"} <= {*names}
        assert "done" in read(await client.call_tool("why", job))["explanation"]
        listed = read(await client.call_tool("list", {"state": "done", "limit": 1}))["jobs"]
        assert [one["id"] for one in listed] == [job["jobId"]]
        assert read(await client.call_tool("submit", given)) == {**job, "state": "done"}

    talk(work, "--files", str(tmp_path), state=state)


def test_errors_are_those_of_the_api_and_end_nothing(laptop: Laptop, state: Path, tmp_path: Path) -> None:
    """An unknown job, a failed one, arguments that do not fit, files that were not allowed."""
    del laptop
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "damaged.pdf").write_bytes(b"%PDF-1.7 and no more")
    (inside / "link.pdf").symlink_to(outside / "damaged.pdf")

    async def work(client: "Client") -> None:
        for name in ("status", "wait", "why", "history", "result"):
            assert read_error(await client.call_tool(name, UNKNOWN)) == NO_JOB
        for name, arguments, word in WRONG:
            code, sentence = read_error(await client.call_tool(name, arguments))
            assert (code, word in sentence) == ("bad_input", True), sentence
        for document in ("link.pdf", "../outside/damaged.pdf", str(outside / "damaged.pdf"), "/etc/passwd", ".", "\0"):
            assert read_error(await client.call_tool("submit", {"document": document}))[0] == "file_refused"
        code, sentence = read_error(await client.call_tool("list", {"since": "yesterday"}))
        assert (code, "since must be a time" in sentence) == ("bad_request", True)
        code, sentence = read_error(await client.call_tool("submit", {"document": "https://x/a", "type": "poem"}))
        assert (code, "type must be one of invoice" in sentence) == ("bad_request", True)
        from mcp import MCPError  # noqa: PLC0415 - as above

        with pytest.raises(MCPError, match="the tools are submit, estimate"):
            await client.call_tool("approve", UNKNOWN)
        job = {"jobId": read(await client.call_tool("submit", {"document": "damaged.pdf"}))["jobId"]}
        while (ended := read(await client.call_tool("wait", job)))["state"] == "processing":
            pass
        assert (ended["state"], ended["error"]["code"]) == ("failed", "document_damaged")
        code, sentence = read_error(await client.call_tool("result", job))
        assert (code, "has no result" in sentence) == ("not_done", True)

    talk(work, "--files", str(inside), state=state)


WRONG: list[tuple[str, dict[str, object], str]] = [
    ("status", {}, "jobId is missing: it must be 1 to 128 characters of A-Z a-z 0-9 _ -; the tool takes jobId"),
    ("status", {"jobId": "a/b"}, "jobId must be 1 to 128"),
    ("status", {"jobId": 7}, "jobId must be"),
    ("status", {"jobId": "a", "more": 1}, "there is no argument 'more'"),
    ("wait", {"jobId": "a", "seconds": MAX_WAIT_SECONDS + 1}, "seconds must be a whole number from 1 to 50"),
    ("list", {"limit": 16}, "limit must be a whole number from 1 to 15"),
    ("list", {"state": "lost"}, "state must be one of processing, waiting"),
    ("result", {"jobId": "a", "part": "document"}, "part must be result or text"),
    ("submit", {"document": "x" * 2_049}, "document must be a URL or the path of a file, of 1 to 2048 characters"),
    (
        "submit",
        {"document": "https://x/a", "maxCostUsd": -1},
        "maxCostUsd must be a number of US dollars from 0 to 10000",
    ),
    ("estimate", {}, "document is missing"),
    (
        "estimate",
        {str(number): 1 for number in range(9)},
        "and 5 more; the tool takes document, type, maxCostUsd, jobId",
    ),
]


def test_without_an_api_a_tool_says_so() -> None:
    async def work(client: "Client") -> None:
        code, sentence = read_error(await client.call_tool("status", UNKNOWN))
        assert (code, str(port) in sentence) == ("unavailable", True)

    port = free_port()
    talk(work, "--url", f"http://127.0.0.1:{port}")


def test_an_agent_is_told_what_is_data_and_gets_no_tool_that_decides_also_without_a_system(tmp_path: Path) -> None:
    async def work(client: "Client") -> None:
        tools = {one.name: one for one in (await client.list_tools()).tools}
        assert [*tools] == [*TOOLS] == ["submit", "estimate", "status", "wait", "list", "why", "result", "history"]
        assert client.instructions == INSTRUCTIONS
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert client.server_info
        assert (client.server_info.name, client.server_info.version) == ("longhand", project["version"])
        for name in ("status", "wait", "why", "result", "history"):
            assert IS_DATA in (tools[name].description or "")
        for tool in tools.values():
            assert tool.input_schema["additionalProperties"] is False
            assert tool.annotations
            assert (tool.annotations.destructive_hint, tool.annotations.idempotent_hint) == (False, True)
        assert tools["submit"].input_schema["required"] == ["document"]
        assert {"jobId", "maxCostUsd", "type"} < tools["submit"].input_schema["properties"].keys()
        assert read_error(await client.call_tool("list"))[0] == "not_configured"

    talk(work, state=tmp_path)

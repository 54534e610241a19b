"""Serves the tools to one agent by the Model Context Protocol, over standard input and output, until it leaves."""

import sys
import traceback
from typing import Any, Final

import anyio
from anyio.to_thread import run_sync
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as ListedTool
from pydantic import ValidationError

from longhand_client import NotFoundError
from ops.errors import UserError
from ops.version import read_version

from .bounds import Fields, write_json
from .catalog import INSTRUCTIONS, TOOLS, Tool
from .failures import ToolError
from .inputs import describe_errors
from .job_tools import JobTools

_NAME: Final = "longhand"
_INTERNAL_SENTENCE: Final = "the tool failed: the log of longhand mcp, on its standard error, has the details"

type Context = ServerRequestContext[Any]


def serve(tools: JobTools) -> None:
    """Serve until standard input ends."""
    anyio.run(_serve, tools)


async def _serve(tools: JobTools) -> None:
    async def call_tool(_: Context, params: CallToolRequestParams) -> CallToolResult:
        tool = TOOLS.get(params.name)
        if tool is None:
            raise MCPError(INVALID_PARAMS, f"there is no tool {params.name!r}: the tools are {', '.join(TOOLS)}")
        # A wait ends with the agent: the threads hold nothing that could be lost.
        return await run_sync(_answer, tools, tool, params.arguments or {}, abandon_on_cancel=True)

    server: Server[Any] = Server(
        _NAME,
        version=read_version(),
        instructions=INSTRUCTIONS,
        on_list_tools=_list_tools,
        on_call_tool=call_tool,
    )
    async with stdio_server() as (requests, answers):
        await server.run(requests, answers, server.create_initialization_options())


async def _list_tools(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
    return ListToolsResult(tools=[_describe(name, tool) for name, tool in TOOLS.items()])


def _describe(name: str, tool: Tool) -> ListedTool:
    hints = ToolAnnotations(read_only_hint=tool.only_reads, destructive_hint=False, idempotent_hint=True)
    schema = tool.input.model_json_schema(by_alias=True)
    return ListedTool(name=name, title=tool.title, description=tool.description, input_schema=schema, annotations=hints)


def _answer(tools: JobTools, tool: Tool, arguments: Fields) -> CallToolResult:
    try:
        return _make_result(tool.run(tools, tool.input.model_validate(arguments)))
    except ValidationError as error:
        return _make_error("bad_input", describe_errors(error, tool.input))
    except ToolError as error:
        return _make_error(error.code, error.sentence)
    except NotFoundError as error:
        return _make_error(error.code, error.sentence)
    except UserError as error:
        found = ToolError.of_user_error(error)
        return _make_error(found.code, found.sentence)
    except Exception:  # noqa: BLE001 - an internal error is reported here or never
        traceback.print_exc(file=sys.stderr)
        return _make_error("internal", _INTERNAL_SENTENCE)


def _make_result(fields: Fields) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=write_json(fields))], structured_content=fields)


def _make_error(code: str, sentence: str) -> CallToolResult:
    fields = {"code": code, "error": sentence}
    return CallToolResult(content=[TextContent(text=f"{sentence} ({code})")], structured_content=fields, is_error=True)

"""The variables with the addresses of the other cells; none with a single cell."""

from collections.abc import Mapping

from stacks.choices import Choices
from stacks.server import Server

from .keys import SecretVersion


def cell_environment(choices: Choices, servers: Mapping[str, Server], *, own: str) -> dict[str, str]:
    """Return the layout of the cells, and the servers of all but the program's own."""
    if len(servers) == 1:
        return {}
    urls = {f"RESONATE_URL_{name}": server.url for name, server in servers.items() if name != own}
    return {**choices.layout.to_environ(), "CELL": own, **urls}


def keeper_environment(servers: Mapping[str, Server], *, own: str) -> dict[str, str]:
    """Return where the keepers of the other cells answer."""
    return {f"KEEPER_URL_{name}": server.keeper_url for name, server in servers.items() if name != own}


def cell_tokens(servers: Mapping[str, Server], client: str, *, own: str) -> dict[str, SecretVersion]:
    """Return the client's tokens for the servers of the other cells, by the names of their variables."""
    return {f"RESONATE_TOKEN_{name}": server.keys.tokens[client] for name, server in servers.items() if name != own}
